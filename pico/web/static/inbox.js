// New notices, as they come. The page shows what was there when it was made; the stream brings the rest.

const list = document.getElementById("notices");
const nothing = document.getElementById("nothing");
const state = document.getElementById("live-state");
const template = document.getElementById("notice");
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function show(notice) {
  if (list.querySelector(`[data-id="${Number(notice.id)}"]`)) return;
  const entry = template.content.firstElementChild.cloneNode(true);
  const part = (name) => entry.querySelector(`[data-part=${name}]`);
  entry.dataset.id = notice.id;
  part("item").textContent = notice.item_name;
  part("item").href = "/items/" + encodeURIComponent(notice.item);
  const time = document.createElement("time");
  time.dateTime = new Date(notice.time).toISOString();
  time.textContent = moments.format(new Date(notice.time));
  part("time").append(time);
  part("title").textContent = notice.title;
  part("text").textContent = notice.text ?? "";
  list.prepend(entry);
  nothing.hidden = true;
}

function say(text, live) {
  state.hidden = false;
  state.textContent = text;
  state.classList.toggle("on", live);
}

const stream = new EventSource(list.dataset.stream);
stream.addEventListener("notice", (event) => show(JSON.parse(event.data)));
stream.addEventListener("open", () => say("Live", true));
stream.addEventListener("error", () => {
  say(stream.readyState === EventSource.CLOSED ? "Not connected. Reload the page." : "Connecting again", false);
});
