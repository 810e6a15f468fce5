// What the admin's own markup leaves unsaid: signs get a role, empty headings a name, and what scrolls is reached by keyboard.

addEventListener("load", () => setTimeout(complete)); // after Django's own, which makes lists and their signs

function complete() {
  for (const sign of document.querySelectorAll(".help-tooltip[aria-label]")) sign.setAttribute("role", "img");
  for (const heading of document.querySelectorAll("th.original:empty")) {
    heading.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: "Row" }));
  }
  for (const part of document.querySelectorAll(".inline-group, .results")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  }
}
