// Draws the assistant's text: paragraphs, line breaks and "- " lists; nothing in it becomes a link or markup.
// What the shop has not confirmed is marked where it stands.

import { el } from "./dom.js";

const ITEM = /^\s*[-*•]\s+/;

export const prose = (text, marks = []) =>
  blocks(text).map((block) => (block.items ? list(block.items, marks) : paragraph(block.lines, marks)));

function blocks(text) {
  const found = [];
  for (const line of text.trim().split(/\r?\n/)) take(found, line);
  return found.filter((block) => block.items || block.lines.length);
}

function take(found, line) {
  const last = found.at(-1);
  if (ITEM.test(line)) (last?.items ?? begin(found, "items")).push(line.replace(ITEM, ""));
  else if (!line.trim()) begin(found, "lines");
  else (last?.lines ?? begin(found, "lines")).push(line);
}

function begin(found, kind) {
  found.push({ [kind]: [] });
  return found.at(-1)[kind];
}

const list = (items, marks) => el("ul", {}, items.map((item) => el("li", {}, marked(item, marks))));

const paragraph = (lines, marks) => el("p", {}, lines.flatMap((line, at) => [...(at ? [el("br")] : []), ...marked(line, marks)]));

/** The line in pieces; each piece that is not confirmed says so. */
function marked(line, marks) {
  const first = marks.map((mark) => ({ mark, at: line.indexOf(mark.text) })).filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)[0];
  if (!first) return [line];
  const { mark, at } = first;
  const end = at + mark.text.length;
  const note = el("mark.unconfirmed", {}, mark.text, el("small", {}, ` (${mark.note})`));
  return [line.slice(0, at), note, ...marked(line.slice(end), marks)].filter(Boolean);
}
