// Wakes the islands when the page is idle. Pages are complete without it.
const islands = document.querySelectorAll("leptos-island");

async function wake() {
  const pkg = new URL("./pkg/", import.meta.url);
  const code = await import(new URL("healthcare.js", pkg));
  await code.default({ module_or_path: new URL("healthcare.wasm", pkg) });
  code.hydrate();
  for (const island of islands) {
    code[island.dataset.component]?.(island);
  }
  document.documentElement.dataset.islands = "ready";
}

if (islands.length > 0) {
  const whenIdle = window.requestIdleCallback ?? ((callback) => window.setTimeout(callback, 1));
  whenIdle(() => wake().catch((error) => console.warn("islands are asleep:", error)));
}
