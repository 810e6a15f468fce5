// What the admin's own markup leaves unsaid: signs get a role, empty headings a name, and what scrolls is reached by keyboard.

addEventListener("load", () => setTimeout(complete)); // after Django's own, which makes lists and their signs

function complete() {
  for (const sign of document.querySelectorAll(".help-tooltip[aria-label]")) sign.setAttribute("role", "img");
  for (const heading of document.querySelectorAll("thead th")) {
    if (heading.textContent.trim()) continue;
    heading.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: "Row" }));
  }
  for (const field of document.querySelectorAll(".datetime input:not([type=hidden])")) {
    if (!field.labels.length) field.setAttribute("aria-label", field.previousSibling?.textContent.trim() || field.name);
  }
  for (const part of document.querySelectorAll(".inline-group, .results")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  }
}
