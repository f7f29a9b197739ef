"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (name, event, act) => all(`[data-do="${name}"]`).forEach((e) => e.addEventListener(event, () => act(e)));
  all(".toolbar").forEach((bar) => { bar.hidden = false; });

  const open = (state) => all("main details").forEach((d) => { d.open = state; });
  on("expand", "click", (button) => {
    const state = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(state));
    button.textContent = state ? "Fold all" : "Expand all";
    open(state);
  });
  on("outcome", "change", (select) => {
    all(".checks > li.ok").forEach((li) => { li.hidden = select.value === "open"; });
    all(".task").forEach((task) => {
      const checks = all(".checks > li", task);
      task.hidden = checks.length > 0 && checks.every((li) => li.hidden);
    });
  });

  // What is folded on the screen is read on paper.
  let folded = [];
  addEventListener("beforeprint", () => { folded = all("details:not([open])"); folded.forEach((d) => { d.open = true; }); });
  addEventListener("afterprint", () => { folded.forEach((d) => { d.open = false; }); folded = []; });

  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  all("table.sortable").forEach((table) => {
    const heads = all("thead th[data-sort]", table);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        // Numbers are first wanted from the best down, ranks and words from the first up.
        const up = now ? now !== "ascending" : head.dataset.sort === "text" || column === 0;
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const body = table.tBodies[0];
        const key = (row) => row.cells[column].dataset.key;
        const rows = [...body.rows].sort((a, b) => {
          const x = key(a), y = key(b);
          if (x === "" || y === "") return (x === "") - (y === "");
          const order = head.dataset.sort === "num" ? Number(x) - Number(y) : compare(x, y);
          return up ? order : -order;
        });
        body.append(...rows);
      });
    });
    const rows = [...table.tBodies[0].rows];
    const find = document.querySelector('[data-do="find"]');
    const stamp = document.querySelector('[data-do="stamp"]');
    const count = document.querySelector('[data-do="count"]');
    const filter = () => {
      const text = find.value.trim().toLowerCase();
      let shown = 0;
      rows.forEach((row) => {
        const name = row.querySelector("th").dataset.key.toLowerCase();
        row.hidden = !(name.includes(text) && (!stamp.value || row.dataset.stamp === stamp.value));
        shown += row.hidden ? 0 : 1;
      });
      count.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} shown`;
    };
    find.addEventListener("input", filter);
    stamp.addEventListener("change", filter);
  });
})();
