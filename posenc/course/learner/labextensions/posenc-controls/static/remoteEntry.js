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
    const alone = control.classList.contains("jupyter-widgets-disconnected");
    control.inert = alone || control.closest(".posenc-kernel-ended") !== null;
  }

  // ipywidgets marks its views when a kernel restarts or is not there; when one is shut down
  // under an open page nothing says so.
  const watched = new WeakSet();
  const lively = new WeakSet(); // what had a kernel while the page was open

  function kernelHasEnded(session) {
    const kernel = session.session?.kernel;
    if (!kernel) return lively.has(session);
    lively.add(session);
    return kernel.status === "dead" || kernel.connectionStatus === "disconnected";
  }

  function watch(panel, soon) {
    const session = panel.context?.sessionContext;
    if (!session) return;
    if (!watched.has(session)) {
      watched.add(session);
      for (const signal of ["kernelChanged", "statusChanged", "connectionStatusChanged"]) {
        session[signal]?.connect(soon);
      }
    }
    panel.node.classList.toggle("posenc-kernel-ended", kernelHasEnded(session));
  }

  function look(app, soon) {
    for (const panel of app.shell.widgets("main")) watch(panel, soon);
    document.querySelectorAll(".posenc-control").forEach(describe);
    // A new sentence under a picture is read out.
    document.querySelectorAll(".posenc-picture, .posenc-said").forEach((told) => {
      set(told, "aria-live", "polite");
    });
  }

  function activate(app) {
    let waiting = false;
    const soon = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; look(app, soon); });
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
