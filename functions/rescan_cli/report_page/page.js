"use strict";
// Searches, sorts and unfolds what is on the page. Every text is set as text, never as HTML.
(() => {
  const find = (id) => document.getElementById(id);
  const MOST_IMAGES = 100;

  const made = (name, text, kind) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };

  // Of a long list the first are shown, on the screen alone: print has them all.
  const folded = (items, list, most, unfolded) => {
    list.foldButton?.remove();
    items.forEach((item, number) => item.classList.toggle("folded", number >= most && !unfolded));
    if (items.length <= most || unfolded) return;
    const button = made("button", `Show all ${items.length.toLocaleString("en")}`, "all");
    button.type = "button";
    button.addEventListener("click", () => folded(items, list, most, true));
    list.foldButton = button;
    (list.closest("table") ?? list).after(button);
  };
  for (const list of document.querySelectorAll("[data-most]")) {
    folded(Array.from(list.children), list, Number(list.dataset.most), false);
  }

  const list = find("rows");
  if (!list) return;
  const findings = JSON.parse(find("data").textContent);
  const findingTexts = findings.map(([name, of]) => `${name} ${of}`.toLowerCase());
  const controls = find("controls");
  const [search, team, severity, sort, exploited, overdue] =
    ["search", "team", "severity", "sort", "exploited", "overdue"].map(find);

  const text = (row, kind) => row.querySelector(kind)?.textContent.trim() ?? "";
  const images = Array.from(list.rows, (row, order) => ({
    row,
    order,
    name: text(row, ".name"),
    team: text(row, ".team"),
    severity: text(row, ".badge"),
    since: row.dataset.s,
    due: row.dataset.d || "9999",
    total: Number(row.dataset.n),
    isExploited: "e" in row.dataset,
    isOverdue: "o" in row.dataset,
    text: `${text(row, "th")} ${text(row, ".team")}`.toLowerCase(),
    findings: row.dataset.f ? row.dataset.f.split(" ").map(Number) : [],
  }));

  const words = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const orders = {
    urgent: (a, b) => a.order - b.order,
    age: (a, b) => words(a.since || "9999", b.since || "9999"),
    new: (a, b) => words(b.since, a.since),
    findings: (a, b) => b.total - a.total,
    due: (a, b) => words(a.due, b.due),
    name: (a, b) => words(a.name, b.name),
    team: (a, b) => words(a.team, b.team),
  };

  // Whether the image, or any finding of it, also one that is not shown, has the word.
  const searched = (word) => {
    const having = new Set();
    findingTexts.forEach((it, index) => it.includes(word) && having.add(index));
    return (image) => image.text.includes(word) || image.findings.some((it) => having.has(it));
  };

  const update = () => {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean).map(searched);
    if (team.value) wanted.push((image) => image.team === team.value);
    if (severity.value) wanted.push((image) => image.severity === severity.value);
    if (exploited?.checked) wanted.push((image) => image.isExploited);
    if (overdue?.checked) wanted.push((image) => image.isOverdue);
    const shown = images.filter((image) => wanted.every((fits) => fits(image)));
    shown.sort((a, b) => orders[sort.value](a, b) || a.order - b.order);
    const rows = shown.map((image) => image.row);
    folded(rows, list, MOST_IMAGES, false);
    list.replaceChildren(...rows);
    find("nothing").hidden = shown.length > 0;
    const [some, every] = [shown, images].map((it) => it.length.toLocaleString("en"));
    find("count").textContent = some === every ? every : `${some} of ${every}`;
  };

  const reset = () => {
    controls.reset();
    update();
  };

  // All findings of an image take the place of the worst three.
  const unfold = (image, button) => {
    const names = button.parentElement.querySelector("ul");
    names.replaceChildren(
      ...image.findings.map((index) => {
        const [name, of] = findings[index];
        const item = made("li", of ? "" : name);
        if (of) item.append(made("span", name, "cve"), " ", made("span", of, "quiet"));
        return item;
      }),
    );
    const lost = image.total - image.findings.length;
    button.replaceWith(lost > 0 ? made("span", `${lost} more, not kept`, "quiet") : "");
  };
  for (const image of images) {
    const more = image.row.querySelector(".more");
    if (!more || image.findings.length <= 3) continue;
    const button = made("button", more.textContent, "more");
    button.type = "button";
    button.addEventListener("click", () => unfold(image, button));
    more.replaceWith(button);
  }

  // The images of a finding, or of a team, are those that the search then shows.
  const leads = (section, show) => {
    for (const name of document.querySelectorAll(`#${section} th .name`)) {
      const button = made("button", name.textContent, "name");
      button.type = "button";
      button.title = "Show its images";
      button.addEventListener("click", () => {
        controls.reset();
        show(name.textContent);
        update();
        find("images").scrollIntoView();
      });
      name.replaceWith(button);
    }
  };
  leads("findings", (name) => (search.value = name));
  leads("teams", (name) => (team.value = name));

  controls.addEventListener("input", update);
  controls.addEventListener("submit", (event) => event.preventDefault());
  find("reset").addEventListener("click", reset);
  controls.hidden = false;
  folded(Array.from(list.rows), list, MOST_IMAGES, false);
})();
