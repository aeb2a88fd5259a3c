// Keeps an open view of the schedule fresh: the server says that something changed, the page asks for itself again and
// takes over the part that shows it. Nothing is taken over while somebody types, chooses or ticks; then a link offers it.
const news = document.getElementById('live');
const region = () => document.getElementById('live-view');
const said = document.getElementById('live-said');
const offer = document.getElementById('live-offer');
let since = news.dataset.since;
let waits = false;
let timer;

const key = (element) =>
  [element.tagName, element.id, element.getAttribute('href'), element.closest('form')?.action, element.textContent.trim()].join('|');

// A field that differs from what the server sent, or one that is in use.
const isInUse = () => {
  const at = document.activeElement;
  if (at?.closest('main') && at.matches('input, select, textarea')) return true;
  return [...region().querySelectorAll('input, textarea, option')].some((field) =>
    field.tagName === 'OPTION'
      ? field.selected !== field.defaultSelected
        && [...field.parentElement.options].some((option) => option.defaultSelected)
      : field.checked !== field.defaultChecked || field.value !== field.defaultValue);
};

const show = () => {
  offer.hidden = false;
  said.textContent = 'There are changes. Reload the page to see them';
};

async function refresh() {
  if (isInUse()) return show();
  const answer = await fetch(location.href, { headers: { 'x-background': '1' } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return show();
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById('live-view');
  if (!fresh || isInUse()) return show();
  const at = document.activeElement;
  const isInside = region().contains(at);
  const next = isInside && [...fresh.querySelectorAll('a, button, [tabindex]')].find((one) => key(one) === key(at));
  // What has the focus is gone: the reader decides when.
  if (isInside && !next) return show();
  const places = [...region().querySelectorAll('.hc-scroll')].map((one) => [one.scrollLeft, one.scrollTop]);
  const [left, top] = [scrollX, scrollY];
  region().replaceWith(document.adoptNode(fresh));
  region().querySelectorAll('.hc-scroll').forEach((one, index) => {
    [one.scrollLeft, one.scrollTop] = places[index] ?? [0, 0];
  });
  scrollTo(left, top);
  if (next) next.focus({ preventScroll: true });
  offer.hidden = true;
  said.textContent = '';
  said.textContent = 'The page shows the latest changes';
}

const soon = () => {
  if (document.hidden) {
    waits = true;
    return;
  }
  clearTimeout(timer);
  // Not every open page at the same moment.
  timer = setTimeout(refresh, Math.random() * 500);
};

function listen() {
  const stream = new EventSource(`${news.dataset.path}?since=${since}`);
  const note = (event) => { since = event.lastEventId; };
  stream.addEventListener('ready', note);
  stream.addEventListener('changed', (event) => {
    note(event);
    soon();
  });
  stream.addEventListener('error', () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 15000);
  });
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && waits) {
    waits = false;
    soon();
  }
});
listen();
