// Every page works without this file. It adds: live parts, checks while typing, upload progress, copy buttons.
// Rule: the server renders the whole page; an element that may change has an id and data-part. To update, fetch
// the page again and swap those elements. Nothing here builds HTML out of data.

const $ = (s, r = document) => r.querySelector(s);
const all = (s, r = document) => [...r.querySelectorAll(s)];
const say = words => { if (words) $('#say').textContent = words; };
const put = (id, words) => { const e = document.getElementById(id); if (e) e.textContent = words; };

// Two elements a person would call the same, where neither has an id.
const like = e => e.id || e.ariaLabel || e.getAttribute('href') || e.textContent;

// ---- swapping parts -------------------------------------------------------------------------------------------
function swap(html, only) {
  const next = new DOMParser().parseFromString(html, 'text/html');
  for (const old of all('[data-part]')) {
    const now = next.getElementById(old.id);
    if (!now || (only && !only.includes(old.id))) continue;
    const open = all('details[open]', old).map(d => d.id);
    for (const d of all('details[id]', now)) if (open.includes(d.id)) d.open = true;
    if (old.outerHTML === now.outerHTML) continue;
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    if (held && held.matches('input, textarea, select')) continue;   // never pull a field from under someone
    if (now.dataset.say !== old.dataset.say) say(now.dataset.say);
    const fresh = document.importNode(now, true);
    old.replaceWith(fresh);
    if (held) (held === old ? fresh : all(held.tagName, fresh).find(e => like(e) === like(held)))?.focus({ preventScroll: true });
  }
  for (const field of all('[id][aria-invalid]', next)) {
    if (!only || only.includes(field.id + '-msg')) document.getElementById(field.id)?.setAttribute('aria-invalid', field.getAttribute('aria-invalid'));
  }
  return next;
}
async function refresh(only) {
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
    if (answer.redirected || answer.status === 401) return location.reload();   // signed out
    if (answer.ok) swap(await answer.text(), only);
  } catch { /* the stream says that the connection is lost, and refreshes when it is back */ }
}

// ---- live: names come over the stream, HTML comes from the page itself --------------------------------------------
function live(mark) {
  const state = (s, t) => { mark.dataset.state = s; mark.textContent = t; };
  let stream, names = null, timer, again;
  const changed = e => {                                          // data: part ids, space separated; empty = all
    names = !e.data || names === '' ? '' : [names, e.data].filter(Boolean).join(' ');
    clearTimeout(timer);
    timer = setTimeout(() => { refresh(names ? names.split(' ') : null); names = null; }, 150);
  };
  const progress = e => {                                         // data: {bar, value, max, pct, words}
    const p = JSON.parse(e.data), bar = document.getElementById(p.bar);
    if (!bar) return;
    bar.max = p.max; bar.value = p.value;
    put(p.bar + '-pct', p.pct); put(p.bar + '-say', p.words);
  };
  const shut = () => { clearTimeout(again); stream?.close(); };
  const open = () => {
    shut();
    stream = new EventSource(mark.dataset.stream);
    stream.addEventListener('changed', changed);
    stream.addEventListener('progress', progress);
    stream.onopen = () => { if (mark.dataset.state !== 'off') refresh(); state('on', 'Live'); };
    stream.onerror = () => {
      state('lost', 'Connection lost, trying again');
      // A refused stream is not tried again by the browser; the page says whether the sign-in has ended.
      if (stream.readyState === EventSource.CLOSED) again = setTimeout(() => { refresh(); open(); }, 5000);
    };
  };
  document.addEventListener('visibilitychange', () => document.hidden ? shut() : open());  // a browser has six
  addEventListener('pagehide', shut);
  addEventListener('pageshow', e => { if (e.persisted) open(); });
  open();
}

// ---- the publish form ------------------------------------------------------------------------------------------
function count(label) {                                           // UTF-16 units; a text area's value has \n only
  const field = document.getElementById(label.dataset.countFor), max = +label.dataset.max, soft = +label.dataset.soft;
  const n = v => v.toLocaleString('en');
  const show = () => {
    const used = field.value.length;
    label.textContent = `${n(used)} / ${n(used <= soft ? soft : max)}`;
    label.classList.toggle('over', used > max);
  };
  field.addEventListener('input', show); show();
}
function bytes(n) {                                               // as the server writes them: decimal, 4.2 MB, 182 MB
  const units = ['bytes', 'kB', 'MB', 'GB'];
  let i = 0;
  while (i < 3 && n >= 999.5) { n /= 1000; i++; }
  return `${i && n < 9.95 ? +n.toFixed(1) : Math.round(n).toLocaleString('en')} ${units[i]}`;
}
function clock(seconds) {
  const s = Math.round(seconds), two = v => String(v).padStart(2, '0');
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}
function facts(form) {
  const input = $('#file', form), drop = $('#drop', form), known = {};
  let address;
  const fact = (i, words) => { $('#file-facts', form).children[i].textContent = words; };
  const take = file => {
    if (!file) return;
    for (const key of Object.keys(known)) delete known[key];     // nothing of the file before
    Object.assign(known, { file_name: file.name, file_size: file.size, file_type: file.type });
    put('file-name', file.name);
    fact(0, bytes(file.size)); fact(1, ''); fact(2, '');
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(file);
    const video = document.createElement('video');
    video.muted = video.controls = true; video.src = address; video.setAttribute('aria-label', 'Preview of ' + file.name);
    $('#preview').firstElementChild.replaceWith(video);
    video.onloadedmetadata = () => {
      if (known.file_name !== file.name) return;
      if (Number.isFinite(video.duration)) { known.duration_ms = Math.round(video.duration * 1000); fact(1, clock(video.duration)); }
      if (video.videoWidth) { Object.assign(known, { width: video.videoWidth, height: video.videoHeight }); fact(2, `${video.videoWidth} × ${video.videoHeight}`); }
      form.dispatchEvent(new Event('input'));
    };
  };
  input.addEventListener('change', () => take(input.files[0]));
  drop.addEventListener('dragover', e => { e.preventDefault(); drop.classList.add('over'); });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', e => {
    e.preventDefault(); drop.classList.remove('over');
    if (!e.dataTransfer.files.length) return;
    input.files = e.dataTransfer.files; take(input.files[0]); form.dispatchEvent(new Event('input'));
  });
  return { known, take };
}
// The same words as the server's, so that nothing jumps when it answers.
const labels = {
  both: 'You need to indicate if your content promotes yourself, a third party, or both.',
  video: { branded: 'Your video will be labeled as “Paid partnership”.', own: 'Your video will be labeled as “Promotional content”.' },
  photos: { branded: 'Your photo will be labeled as “Paid partnership”.', own: 'Your photo will be labeled as “Promotional content”.' },
};
// What a page says that is no form: its notice, or its heading and sentences.
const reason = page => {
  const words = all('#blocked :is(strong, p)', page), told = words.length ? words : [$('h1', page), ...all('.oops > p', page)];
  return told.map(e => e?.textContent.trim()).filter(Boolean).map(t => /[.?]$/.test(t) ? t : t + '.').join(' ');
};
const chosen = (form, name) => $(`[name=${name}]:checked`, form)?.value;
const sendsFile = form => chosen(form, 'kind') === 'video' && chosen(form, 'source') === 'file';
function disclosure(form) {
  const branded = $('#branded', form), own = $('#own-brand', form), audience = $('#privacy', form);
  const only = audience.querySelector('[value=SELF_ONLY]'), on = $('#disclose', form).checked;
  if (only) only.disabled = on && branded.checked && audience.value !== 'SELF_ONLY';
  branded.disabled = audience.value === 'SELF_ONLY' && !(on && branded.checked);
  const words = labels[chosen(form, 'kind')] ?? labels.video;
  put('disclose-label', !on ? '' : branded.checked ? words.branded : own.checked ? words.own : labels.both);
}
// Photos are lines of a text field, so that their order can be changed without script too.
function photos(form) {
  const field = $('#photos', form), cover = $('#cover', form);
  form.addEventListener('click', e => {
    const button = e.target.closest('[data-cover], [data-up]');
    if (!button) return;
    if (button.dataset.cover) cover.value = button.dataset.cover;
    else {
      const lines = field.value.split('\n').map(l => l.trim()).filter(Boolean), at = +button.dataset.up - 1, is = +cover.value - 1;
      [lines[at - 1], lines[at]] = [lines[at], lines[at - 1]];
      field.value = lines.join('\n');
      if (is === at) cover.value = at; else if (is === at - 1) cover.value = at + 1;   // the cover stays the same photo
    }
    form.dispatchEvent(new Event('input'));
  });
}
function publish(form) {
  const { known, take } = facts(form), post = $('#post', form), touched = new Set();
  let timer, run, sending = false;
  const block = () => post.setAttribute('aria-disabled', sending || $('#preflight').dataset.blocked === 'true');
  const check = async () => {                                     // the same rules as on submit, nothing spent
    if (sending) return;
    const data = new FormData(form);
    data.delete('file');
    for (const [k, v] of Object.entries(known)) data.set(k, v);
    run?.abort(); run = new AbortController();
    try {
      const answer = await fetch(form.dataset.preflight, { method: 'POST', body: new URLSearchParams(data), signal: run.signal });
      if (!answer.ok && answer.status !== 422) return;
      const parts = all('[data-part]', form).map(p => p.id).filter(id => id !== 'kept' && (!id.endsWith('-msg') || touched.has(id.slice(0, -4))));
      swap(await answer.text(), parts);                           // a field nobody has left yet is not scolded
      block();
    } catch { /* the check runs again on the next change and on submit */ }
  };
  const soon = wait => { clearTimeout(timer); timer = setTimeout(check, wait); };
  const touch = field => { touched.add(field.id); if (field.name?.startsWith('allow_')) touched.add('viewers'); };
  const toProblem = () => {
    const link = $('#preflight .bad a'), target = link && $(link.hash, form);
    for (const field of form.elements) touch(field);
    (target ?? $('[aria-invalid=true]', form))?.focus();
    check();
  };
  const send = () => {
    const hop = $('#hop1', form), bar = $('progress', hop), up = new XMLHttpRequest();   // fetch cannot report upload progress
    const data = new FormData(form, post), file = data.get('file');
    data.delete('file'); data.append('file', file);               // last, so that the words arrive before the bytes
    const failed = words => { sending = false; put('hop1-say', words); block(); };
    sending = true; hop.hidden = false; block();
    bar.value = 0; put('hop1-pct', '0%'); put('hop1-say', 'Keep this page open until the file has arrived. Then you may close it.');
    up.upload.onprogress = p => { bar.max = p.total; bar.value = p.loaded; put('hop1-pct', Math.floor(100 * p.loaded / p.total) + '%'); };
    up.onload = () => {
      if (up.status < 400) return location.replace(up.responseURL);   // Back does not lead to a form that was posted
      const page = swap(up.responseText);
      if (!page.getElementById('publish')) return failed(reason(page) || 'The server refused this.');
      sending = false; hop.hidden = true;
      if ($('#kept input')) $('#file', form).value = '';          // it has arrived; it is not sent again
      block();
      $('#summary')?.focus();
    };
    up.onerror = () => failed('The connection broke. Press Post again: the same request can never post twice.');
    up.open('POST', form.action);
    up.send(data);
  };
  form.addEventListener('focusout', e => { touch(e.target); soon(100); });
  form.addEventListener('input', () => {
    soon(400);
    $('#preview p').textContent = $(chosen(form, 'kind') === 'photos' ? '#description' : '#title', form).value;
    disclosure(form);
  });
  form.addEventListener('change', () => { soon(400); disclosure(form); });   // not every tool that chooses also types
  form.addEventListener('submit', e => {
    if (sending) return e.preventDefault();
    if (e.submitter !== post) {                                   // Check only: no need to send the file for it
      e.preventDefault();
      for (const field of form.elements) touch(field);
      return check().then(() => say($('#preflight').dataset.say));
    }
    if (post.getAttribute('aria-disabled') === 'true') { e.preventDefault(); return toProblem(); }
    if (!sendsFile(form)) $('#file', form).value = '';            // a file that is not asked for is not sent
    if (!$('#file', form).files.length) { sending = true; return; }
    e.preventDefault();
    send();
  });
  photos(form);
  disclosure(form);
  block();
  // A browser that goes back fills in what was there.
  const filled = f => f.type === 'file' ? f.files.length : /radio|checkbox/.test(f.type) ? f.checked !== f.defaultChecked
    : f.tagName === 'SELECT' ? f.selectedIndex > 0 && !f.selectedOptions[0].defaultSelected
    : f.type !== 'hidden' && 'defaultValue' in f && f.value !== f.defaultValue;
  addEventListener('pageshow', () => {
    take($('#file', form).files[0]);
    if ([...form.elements].some(filled)) form.dispatchEvent(new Event('input'));
  });
}

// ---- small things ------------------------------------------------------------------------------------------------
document.addEventListener('click', async e => {
  const copy = e.target.closest('[data-copy]');
  if (copy) {
    try { await navigator.clipboard.writeText(copy.dataset.copy); } catch { return say('Not copied'); }
    say('Copied'); copy.dataset.done = ''; setTimeout(() => delete copy.dataset.done, 1200);
  }
  if (e.target.closest('.toast [data-close]')) e.target.closest('.toast').remove();
});
if ($('#live')?.dataset.stream) live($('#live'));
all('[data-count-for]').forEach(count);
if ($('#publish')) publish($('#publish'));
if ($('#summary')) $('#summary').focus();
