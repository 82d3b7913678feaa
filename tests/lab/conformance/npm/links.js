// What a mail program may make a link of, text by text: JSON on stdin, the links on stdout.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const load = createRequire(`${process.argv[2]}/`);
const { LinkifyIt } = load("linkify-it");
const linkify = new LinkifyIt({ fuzzyLink: true, fuzzyEmail: true });
linkify.tlds(load("tlds"), true);
const texts = JSON.parse(readFileSync(0, "utf8"));
const links = texts.map((text) => (linkify.match(text) ?? []).map((link) => link.raw));
process.stdout.write(JSON.stringify(links));
