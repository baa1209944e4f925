// Small comforts; every page works without them.

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function localise(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    element.textContent = moments.format(new Date(element.dateTime));
  }
}
localise(document);

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  });
}

for (const input of document.querySelectorAll("input[type=file][data-into]")) {
  input.addEventListener("change", async () => {
    const file = input.files[0];
    if (!file || file.size > 1_000_000) return;
    document.getElementById(input.dataset.into).value = await file.text();
    input.value = "";
  });
}

for (const button of document.querySelectorAll("button[data-goto]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const area = document.getElementById(button.dataset.goto);
    const [from, to] = [button.dataset.from, button.dataset.to].map((place) => offset(area.value, place));
    area.focus();
    area.setSelectionRange(from, Math.max(to, from + 1));
  });
}

// A place is "line:column", both from 1; columns count characters, where a script counts UTF-16 units.
function offset(text, place) {
  const [line, column] = place.split(":").map(Number);
  const lines = text.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return before + [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
}

document.querySelector("[role=alert][tabindex]")?.focus();
