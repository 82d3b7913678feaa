"""The address at which Anchore's UI shows an image, by a template that the deployment gives."""

import re
from urllib.parse import quote

from msgspec import Struct

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.web_address import HOST, PATH

# Browsers, mails and chats take no more than about this.
_LONGEST = 2_000
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAMES = ("registry", "repository", "tag", "digest")
# A name in the place of the host would choose whose page is opened.
_TEMPLATE = re.compile(rf"{HOST}[/?#](?:{PATH}|\{{(?:{'|'.join(_NAMES)})\}})*")


class UiLink(Struct, frozen=True):
    """A template with {registry}, {repository}, {tag} and {digest}, each as often as it likes."""

    template: str

    @classmethod
    def parse(cls, text: str) -> "UiLink":
        """ValueError says what was expected."""
        unknown = [name for name in _PLACEHOLDER.findall(text) if name not in _NAMES]
        if unknown:
            names = ", ".join(f"{{{name}}}" for name in _NAMES)
            raise ValueError(f"no other placeholders than {names}")
        if not _TEMPLATE.fullmatch(text):
            raise ValueError("an http(s) URL, with placeholders after its host alone")
        return cls(text)

    def of(self, tag: ImageTag, digest: str | None) -> str | None:
        """The address of one image, names percent-encoded (a / is %2F).

        None when it needs a digest that is not known, or would lead somewhere else: a browser
        resolves a name of dots as a folder above.
        """
        names = {
            "registry": tag.registry,
            "repository": tag.repository,
            "tag": tag.tag,
            "digest": digest or "",
        }
        used = {name: names[name] for name in _PLACEHOLDER.findall(self.template)}
        if any(value in ("", ".", "..") for value in used.values()):
            return None
        encoded = {name: quote(value, safe="", errors="replace") for name, value in used.items()}
        address = _PLACEHOLDER.sub(lambda found: encoded[found[1]], self.template)
        return address if len(address) <= _LONGEST else None
