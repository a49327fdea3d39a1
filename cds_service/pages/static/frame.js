// Makes pages nicer; none needs it to be read. Tables sort by their heads, plots are drawn in the page's colors.
"use strict";
(() => {
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.sort ?? cell.textContent.trim();
    const number = Number(text.replace(/[\s\u202f,]/g, "").replace(/^(-?[\d.]+).*$/, "$1"));
    const isNumber = cell.dataset.sort !== undefined || cell.classList.contains("number");
    return isNumber && !Number.isNaN(number) ? number : text;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (head.querySelector("a") || !head.textContent.trim()) return;
      // No button: on paper a head is repeated without its buttons.
      const link = document.createElement("a");
      link.href = "#";
      link.setAttribute("role", "button");
      link.append(...head.childNodes);
      head.append(link);
      link.addEventListener("keydown", (event) => {
        if (event.key !== " ") return;
        event.preventDefault();
        link.click();
      });
      link.addEventListener("click", (event) => {
        event.preventDefault();
        const was = head.getAttribute("aria-sort");
        const startsDown = head.classList.contains("number");
        const isDown = was ? was === "ascending" : startsDown;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
        rows.sort((one, other) => (isDown ? -1 : 1) * compare(one[0], other[0]));
        body.append(...rows.map((pair) => pair[1]));
      });
    });
  }

  const PAPER_WIDTH = 640;
  let isOnPaper = false;
  // Before printing the page still has the colors and the width of the screen.
  const printed = () => {
    for (const sheet of document.styleSheets)
      for (const rule of sheet.cssRules)
        if (rule.media?.mediaText === "print")
          for (const inner of rule.cssRules) if (inner.selectorText === ":root") return inner.style;
    return null;
  };
  const token = (name) => {
    const onPaper = isOnPaper ? printed()?.getPropertyValue(`--${name}`) : "";
    const onScreen = () => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
    return (onPaper || onScreen()).trim();
  };
  const colored = (part) => {
    if (typeof part === "string" && part.startsWith("token:")) return token(part.slice(6));
    if (Array.isArray(part)) return part.map(colored);
    if (part && typeof part === "object")
      return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, colored(inner)]));
    return part;
  };
  const draw = (plot) => {
    plot.classList.add("drawn");
    const figure = colored(JSON.parse(plot.querySelector("script.figure").textContent));
    if (isOnPaper) figure.layout.width = PAPER_WIDTH;
    const options = { displayModeBar: false, responsive: !isOnPaper, staticPlot: false, locale: "en" };
    window.Plotly.react(plot.querySelector(".canvas"), figure.data, figure.layout, options);
  };
  const drawAll = () => {
    if (window.Plotly) document.querySelectorAll("figure.plot").forEach(draw);
  };
  document.addEventListener("DOMContentLoaded", drawAll);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  for (const when of ["beforeprint", "afterprint"])
    window.addEventListener(when, () => {
      isOnPaper = when === "beforeprint";
      drawAll();
    });
})();
