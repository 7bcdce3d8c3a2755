// Names and keys for the course's controls in JupyterLab: what ipywidgets leaves out.
// Written by hand, no bundler: JupyterLab asks a container for `init` and `get`.
(() => {
  "use strict";
  // These belong to the control that has the focus, not to the notebook around it.
  const OURS = /^(Arrow(Up|Down|Left|Right)|Home|End|PageUp|PageDown| |Enter|.)$/u;
  const SHORTCUTS = "data-lm-suppress-shortcuts"; // Lumino looks for it on the target first

  const words = (element) => (element ? element.textContent.trim() : "");

  function set(element, name, value) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  function nameOf(control) {
    const label = words(control.querySelector(".widget-label"));
    return label || words(control.parentElement?.querySelector(".posenc-question"));
  }

  function describe(control) {
    const name = nameOf(control);
    for (const handle of control.querySelectorAll(".noUi-handle")) set(handle, "aria-label", name);
    for (const box of control.querySelectorAll(".widget-radio-box")) {
      set(box, "role", "radiogroup");
      set(box, "aria-label", name);
    }
    if (control.querySelector(".widget-toggle-button")) {
      set(control, "role", "group");
      set(control, "aria-label", name);
    }
    for (const button of control.querySelectorAll(".widget-toggle-button")) {
      set(button, "aria-pressed", String(button.classList.contains("mod-active")));
    }
    control.inert = control.classList.contains("jupyter-widgets-disconnected");
  }

  function look() {
    document.querySelectorAll(".posenc-control").forEach(describe);
    // A new sentence under a picture is read out.
    document.querySelectorAll(".posenc-picture, .posenc-said").forEach((told) => {
      set(told, "aria-live", "polite");
    });
  }

  function activate() {
    let waiting = false;
    const soon = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; look(); });
    };
    new MutationObserver(soon).observe(document.body, {
      attributes: true, attributeFilter: ["class"], childList: true, subtree: true,
    });
    window.addEventListener("keydown", (event) => {
      if (!event.target.closest?.(".posenc-control")) return;
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
      event.target.toggleAttribute(SHORTCUTS, plain && OURS.test(event.key));
    }, true);
    soon();
  }

  const plugin = { id: "posenc-controls:plugin", autoStart: true, activate };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["posenc-controls"] = {
    init: () => undefined,
    get: () => Promise.resolve(() => ({ __esModule: true, default: [plugin] })),
  };
})();
