"""The vulnerability rows, indexed by what a policy finding calls a vulnerability and its package.

A finding says `<vulnerability>+<package or file>`. What stands behind the plus is, by kind of
package: the name (OS packages), name-version, the file's name (java, gem), or the name of the
directory that holds the package.json (npm).

Source: `VulnerabilityMatchTrigger` of anchore-engine, and the rows of real servers.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from rescan.model import Severity, Vulnerability, known

__all__ = ["InstalledPackage", "VulnerabilityRows"]

_Key = tuple[str, str]


class InstalledPackage(Struct, frozen=True):
    """One vulnerable package, wherever it is installed.

    Several versions or fixes are joined by commas; `fixed_in` None means that there is no fix.
    `inherited_from_base` is None when the rows do not say, or contradict each other.
    """

    severity: Severity
    name: str | None
    version: str | None
    fixed_in: str | None
    will_not_fix: bool
    locations: int
    inherited_from_base: bool | None


class VulnerabilityRows:
    """Answers in constant time after one pass over the rows, and one over those that match."""

    def __init__(self, rows: Iterable[Vulnerability]) -> None:
        self._severities: dict[str, Severity] = {}
        self._by_name: defaultdict[_Key, list[Vulnerability]] = defaultdict(list)
        self._by_file: defaultdict[_Key, list[Vulnerability]] = defaultdict(list)
        self._packages: dict[_Key, InstalledPackage | None] = {}
        for row in rows:
            self._add(row)

    def severity(self, vulnerability: str) -> Severity:
        """The worst severity that any row gives the vulnerability."""
        return self._severities.get(vulnerability.upper(), Severity.UNKNOWN)

    def package(self, vulnerability: str, called: str) -> InstalledPackage | None:
        """The package that a finding calls so; None when no row describes it."""
        key = (vulnerability.upper(), called)
        if key not in self._packages:
            rows = self._by_name.get(key) or self._by_file.get(key)
            self._packages[key] = _installed(rows) if rows else None
        return self._packages[key]

    def _add(self, row: Vulnerability) -> None:
        if (vuln := known(row.vuln)) is None:
            return
        vuln = vuln.upper()
        self._severities[vuln] = max(self.severity(vuln), Severity.parse(row.severity))
        for name in set(_names(row)):
            self._by_name[vuln, name].append(row)
        for file in set(_files(row)):
            self._by_file[vuln, file].append(row)


def _names(row: Vulnerability) -> Iterator[str]:
    name, version = known(row.package_name), known(row.package_version)
    if name:
        yield name
    if name and version:
        yield f"{name}-{version}"
    if package := known(row.package):
        yield package


def _files(row: Vulnerability) -> Iterator[str]:
    path = known(row.package_path)
    if path is None:
        return
    directory, _, file = path.rpartition("/")
    yield path
    yield file
    if file == "package.json":
        yield directory.rpartition("/")[2]


def _installed(rows: list[Vulnerability]) -> InstalledPackage:
    inherited = {row.inherited_from_base for row in rows} - {None}
    return InstalledPackage(
        severity=max(Severity.parse(row.severity) for row in rows),
        name=known(rows[0].package_name) or known(rows[0].package),
        version=_joined(row.package_version for row in rows),
        fixed_in=_joined(row.fix for row in rows),
        will_not_fix=any(row.will_not_fix for row in rows),
        locations=len({row.package_path for row in rows}),
        inherited_from_base=inherited.pop() if len(inherited) == 1 else None,
    )


def _joined(values: Iterable[str | None]) -> str | None:
    """The different values that are there, in the order of the rows."""
    return ", ".join(dict.fromkeys(value for value in map(known, values) if value)) or None
