// Reads a JSON list of Markdown texts, writes the HTML that each renderer makes of each.
import { json } from "node:stream/consumers";
import MarkdownIt from "markdown-it";
import MarkdownIt14 from "markdown-it-14";
import { marked } from "marked";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import Markdown from "react-markdown";
import rehypeRaw from "rehype-raw";
import remarkGfm from "remark-gfm";
import showdown from "showdown";

const linkify = { html: true, linkify: true, typographer: true };
const newest = MarkdownIt(linkify);
const older = MarkdownIt14(linkify);
const eager = new showdown.Converter({ simplifiedAutoLink: true, tables: true, strikethrough: true });
const github = new showdown.Converter();
github.setFlavor("github");
const react = (text, plugins) =>
  renderToStaticMarkup(
    createElement(Markdown, { remarkPlugins: [remarkGfm], rehypePlugins: plugins }, text),
  );

const renderers = {
  "markdown-it": (text) => newest.render(text),
  "markdown-it 14": (text) => older.render(text),
  marked: (text) => marked.parse(text, { gfm: true }),
  showdown: (text) => eager.makeHtml(text),
  "showdown as GitHub": (text) => github.makeHtml(text),
  "react-markdown": (text) => react(text, []),
  "react-markdown with HTML": (text) => react(text, [rehypeRaw]),
};
const texts = await json(process.stdin);
const rendered = texts.map((text) =>
  Object.fromEntries(Object.entries(renderers).map(([name, render]) => [name, render(text)])),
);
process.stdout.write(JSON.stringify(rendered));
