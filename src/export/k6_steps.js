// The steps of the profile above, as the client takes them: k6 run FILE
// One user does it once. Ask the service's owner before you choose more with --vus and --duration.
//   -e TS_NAME=…  each secret, by its name in capitals (and TS_ACCESS_TOKEN, if people sign in in the browser)
//   -e HOLD=30    how many seconds each socket stays open; 10 unless given
import http from 'k6/http';
import ws from 'k6/ws';
import crypto from 'k6/crypto';
import encoding from 'k6/encoding';
import { check, fail } from 'k6';

// What stands for a value in a template.
function value(name, values) {
  if (name === 'now') return String(Math.floor(Date.now() / 1000));
  if (name === 'now_ms') return String(Date.now());
  if (name === 'now_iso') return new Date().toISOString();
  if (name === 'now_http') return new Date().toUTCString();
  if (name === 'uuid') {
    return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => Math.floor(16 * Math.random()).toString(16));
  }
  if (values[name] !== undefined) return String(values[name]);
  // The system has variables called USER and HOME of its own.
  const variable = `TS_${name.toUpperCase()}`;
  const secret = __ENV[variable];
  return secret !== undefined ? secret : fail(`nothing gives ${name}: run it with -e ${variable}=…`);
}

// What people give is text, whatever it looks like.
function filtered(filter, text, values, isGiven) {
  const [name, key, spelling] = filter.split(':').map((part) => part.trim());
  switch (name) {
    case 'url': return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
    case 'json': return !isGiven && /^(-?\d+(\.\d+)?|true|false|null)$/.test(text) ? text : JSON.stringify(text);
    case 'base64': return encoding.b64encode(text);
    case 'base64url': return encoding.b64encode(text, 'rawurl');
    case 'unurl': return decodeURIComponent(text);
    case 'unbase64': return unbase64(text);
    case 'hex': return hex(bytesOf(text));
    case 'unhex': return unhex(text);
    case 'sha256': case 'sha512': return crypto[name](text, 'binary');
    case 'hmac_sha1': case 'hmac_sha256': case 'hmac_sha384': case 'hmac_sha512': {
      const secret = value(key, values);
      const bytes = spelling === 'base64' ? unbase64(secret) : spelling === 'hex' ? unhex(secret) : secret;
      return crypto.hmac(name.slice(5), bytes, text, 'binary');
    }
    case 'len16': {
      const counted = bytesOf(text);
      return Uint8Array.from([counted.length >> 8, counted.length & 255, ...counted]).buffer;
    }
    case 'varlen': {
      const counted = bytesOf(text);
      return Uint8Array.from([...varint(BigInt(counted.length)), ...counted]).buffer;
    }
    case 'varint': return /^\d+$/.test(text) ? Uint8Array.from(varint(BigInt(text))).buffer : text;
    default: return fail(`there is no filter ${name}`);
  }
}

// A number in groups of seven bits, the lowest first.
function varint(number) {
  const bytes = [];
  for (let left = number; bytes.length === 0 || left > 0n; left >>= 7n) bytes.push(Number(left & 127n) | (left > 127n ? 128 : 0));
  return bytes;
}

function unbase64(text) {
  const plain = text.trim().replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');
  return encoding.b64decode(plain, 'rawstd');
}

function unhex(text) {
  return Uint8Array.from((text.replace(/\s/g, '').match(/../g) || []).map((pair) => parseInt(pair, 16))).buffer;
}

// The bytes of a text (UTF-8), or of what a filter gave.
function bytesOf(text) {
  return new Uint8Array(typeof text === 'string' ? encoding.b64decode(encoding.b64encode(text)) : text);
}

function hex(bytes) {
  return typeof bytes === 'string' ? bytes : Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, '0')).join('');
}

// What stands in the place of a value whose last filter gave bytes: text where they are one again, else digits.
function shown(made, filters) {
  if (typeof made === 'string') return made;
  const isText = /^(unbase64|unhex|len16|varlen|varint)/.test(filters[filters.length - 1]);
  return isText ? String.fromCharCode(...new Uint8Array(made)) : hex(made);
}

function expand(template, values) {
  return String(template).replace(/\{\{\s*([a-z0-9_]+)\s*((?:\|[^|}]+)*)\}\}/g, (_, name, list) => {
    const filters = list.split('|').slice(1);
    const isGiven = values[name] === undefined && __ENV[`TS_${name.toUpperCase()}`] !== undefined;
    return shown(filters.reduce((text, filter) => filtered(filter, text, values, isGiven), value(name, values)), filters);
  });
}

function expandAll(json, values) {
  if (typeof json === 'string') return expand(json, values);
  if (Array.isArray(json)) return json.map((item) => expandAll(item, values));
  if (json === null || typeof json !== 'object') return json;
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, expandAll(item, values)]));
}

// The value at a JSON pointer (RFC 6901); a string that holds JSON is looked into.
function at(pointer, json) {
  for (const part of pointer.split('/').slice(1)) {
    if (typeof json === 'string') {
      try { json = JSON.parse(json); } catch (_) { return undefined; }
    }
    if (json === null || typeof json !== 'object') return undefined;
    json = json[part.replace(/~1/g, '/').replace(/~0/g, '~')];
  }
  return json;
}

function parameters(query, values) {
  const url = (text) => filtered('url', text, values);
  const pairs = Object.entries(query || {}).flatMap(([name, texts]) => [].concat(texts).map((text) => [name, text]));
  return pairs.map(([name, text]) => `${url(name)}=${url(expand(text, values))}`).join('&');
}

function withQuery(url, query) {
  return query === '' ? url : url + (url.includes('?') ? '&' : '?') + query;
}

function make(made, values) {
  const all = { ...values };
  // Each after those that it needs.
  for (let left = Object.entries(made || {}); left.length > 0;) {
    const needs = ([, text]) => left.some(([name]) => new RegExp(`[{:]\\s*${name}\\b`).test(text));
    const ready = left.filter((pair) => !needs(pair));
    if (ready.length === 0) fail(`nothing gives ${left[0][0]}`);
    ready.forEach(([name, text]) => { all[name] = expand(text, all); });
    left = left.filter((pair) => !ready.includes(pair));
  }
  return all;
}

// Sends a step's request and keeps what the profile takes of the answer.
function ask(what, step, values) {
  const made = make(step.make, values);
  const target = step.post || step.put || step.get;
  const base = expand(target, made);
  const url = withQuery(target.startsWith('/') ? profile.api + base : base, parameters(step.query, made));
  const headers = { Accept: 'application/json', ...(profile.origin ? { Origin: profile.origin } : {}) };
  Object.entries(step.headers || {}).forEach(([name, text]) => { headers[name] = expand(text, made); });
  if (step.auth) headers.Authorization = expand(step.auth, made);
  let body = null;
  if (step.form) {
    headers['Content-Type'] = 'application/x-www-form-urlencoded';
    body = parameters(step.form, made);
  } else if (step.json !== undefined || step.session) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(step.session ? {} : expandAll(step.json, made));
  } else if (step.text !== undefined) {
    if (!Object.keys(headers).some((name) => /^content-type$/i.test(name))) headers['Content-Type'] = 'text/plain';
    body = expand(step.text, made);
  }
  // Metrics are named after the step: the address may hold a secret.
  const tags = { name: what, url: what };
  const answer = http.request(step.post ? 'POST' : step.put ? 'PUT' : 'GET', url, body, { headers, redirects: 0, tags });
  const is2xx = ({ status }) => (status >= 200 && status < 300) || (step.ok_statuses || []).includes(status);
  check(answer, { [`${what}: status 2xx`]: is2xx }) || fail(`${what}: ${answer.status}`);
  let json;
  try { json = answer.json(); } catch (_) { json = undefined; }
  const isOk = () => Object.entries(step.ok || {}).every(([pointer, wanted]) => at(pointer, json) === wanted);
  check(answer, { [`${what}: accepted`]: isOk }) || fail(`${what}: refused inside a ${answer.status}`);
  // What stands in an address is taken after the address.
  const isLast = ([, from]) => Number(from.startsWith('query:'));
  Object.entries(step.take || {}).sort((one, other) => isLast(one) - isLast(other)).forEach(([name, from]) => {
    let found;
    const [, parameter, address] = from.match(/^query:(.*) of (.*)$/) || [];
    if (address) found = parameterOf(values[address] || '', parameter);
    else if (from === 'text') found = answer.body.trim();
    else if (from.startsWith('after:')) found = behind(from.slice(6), answer.body);
    else if (from.startsWith('header:')) {
      const wanted = from.slice(7).toLowerCase();
      found = (Object.entries(answer.headers).find(([header]) => header.toLowerCase() === wanted) || [])[1];
    } else if (from.startsWith('cookie:')) found = ((answer.cookies[from.slice(7)] || [])[0] || {}).value;
    else found = at(from.replace(/^\?/, ''), json);
    if (found !== undefined && found !== null) values[name] = String(found);
    else if (!from.startsWith('?')) fail(`${what}: nothing at ${from} in the answer`);
  });
}

function parameterOf(address, name) {
  const pairs = (address.split('#')[0].split('?')[1] || '').split('&').map((pair) => pair.split('='));
  const decoded = (text) => decodeURIComponent((text || '').replace(/\+/g, ' '));
  const found = pairs.find(([key]) => decoded(key) === name);
  return found && decoded(found[1]);
}

// What follows a text: up to a quotation mark if it ends with one, up to a tag if it ends with one, else to the line's end.
function behind(marker, text) {
  const at = text.indexOf(marker);
  if (at < 0) return undefined;
  const end = { '"': '"', "'": "'", '>': '<' }[marker.slice(-1)];
  return text.slice(at + marker.length).split(end || /[\r\n\0]/)[0].trim() || undefined;
}

function matches(wanted, message) {
  return Object.entries(wanted).every(([key, expected]) => {
    if (key === 'text') return message.startsWith(expected);
    if (key === 'contains') return message.includes(expected);
    const found = at(key, inside(message));
    return expected === '*' ? found !== undefined : JSON.stringify(found) === JSON.stringify(expected);
  });
}

// The JSON of a message, after whatever stands before it.
function inside(message) {
  const start = message.search(/[{[]/);
  try { return start < 0 ? undefined : JSON.parse(message.slice(start)); } catch (_) { return undefined; }
}

function take(wanted, message, values) {
  Object.entries(wanted || {}).forEach(([name, from]) => {
    const found = from === 'text' ? message
      : from.startsWith('after:') ? behind(from.slice(6), message) : at(from.replace(/^\?/, ''), inside(message));
    if (found !== undefined) values[name] = typeof found === 'string' ? found : JSON.stringify(found);
  });
}

function millis(text, values) {
  const units = { ms: 1, s: 1e3, m: 6e4, min: 6e4, h: 3.6e6 };
  const parts = expand(text, values).match(/[\d.]+\s*[a-z]+/g) || [];
  return parts.reduce((sum, part) => sum + parseFloat(part) * units[part.replace(/[\d.\s]+/, '')], 0);
}

function talk(opened, values, greeted) {
  const { split, array, binary } = profile.frame || {};
  let sent = 0;
  let step = 0;
  const say = (template) => {
    values.id = ++sent;
    const plain = expand(template, values);
    const text = split && !plain.endsWith(split) ? plain + split : plain;
    if (binary) opened.sendBinary(binary === 'hex' ? unhex(text) : bytesOf(text).buffer);
    else opened.send(text);
  };
  const goOn = () => {
    for (; step < profile.hello.length; step += 1) {
      const hello = profile.hello[step];
      values = make(hello.make, values);
      if (hello.request) ask(`greeting ${step + 1}`, hello.request, values);
      if (hello.send) say(hello.send);
      if (hello.expect) return;
    }
    greeted.is = true;
    if (profile.heartbeat) opened.setInterval(() => say(profile.heartbeat.send), millis(profile.heartbeat.every, values));
    opened.setTimeout(() => opened.close(), 1000 * Number(__ENV.HOLD || 10));
  };
  const hear = (frame) => {
    const parts = split ? frame.split(split).filter((part) => part !== '') : [frame];
    const items = (part) => (Array.isArray(inside(part)) ? inside(part).map((item) => JSON.stringify(item)) : [part]);
    for (const message of array ? parts.flatMap(items) : parts) {
      profile.answer.filter((answer) => matches(answer.when, message)).forEach((answer) => {
        take(answer.take, message, values);
        if (answer.send) say(answer.send);
      });
      const hello = greeted.is ? undefined : profile.hello[step];
      if (hello && matches(hello.expect, message)) {
        take(hello.take, message, values);
        step += 1;
        goOn();
      }
    }
  };
  opened.on('message', hear);
  opened.on('binaryMessage', (bytes) => hear(binary === 'hex' ? hex(bytes) : String.fromCharCode(...new Uint8Array(bytes))));
  opened.on('open', () => {
    // A greeting that does not come ends it too.
    opened.setTimeout(() => { if (!greeted.is) opened.close(); }, 30000);
    goOn();
  });
}

export default function () {
  const values = {};
  profile.login.forEach((step, index) => ask(`login ${index + 1}`, step, values));
  profile.ticket.forEach((step, index) => ask(`ticket ${index + 1}`, step, values));
  const made = make(profile.socket.make, values);
  const named = profile.socket.url ? expand(profile.socket.url, made).replace(/^http/, 'ws') : profile.websocket;
  const [address, query] = named.split('?');
  const path = address.replace(/\/+$/, '') + expand(profile.socket.path || '', made);
  const url = withQuery(withQuery(path, query || ''), parameters(profile.socket.query, made));
  const headers = profile.origin ? { Origin: profile.origin } : {};
  Object.entries(profile.socket.headers || {}).forEach(([name, text]) => { headers[name] = expand(text, made); });
  const protocols = (profile.socket.protocols || []).map((protocol) => expand(protocol, made));
  if (protocols.length > 0) headers['Sec-WebSocket-Protocol'] = protocols.join(', ');
  const greeted = { is: false };
  const tags = { name: 'socket', url: 'socket' };
  const answer = ws.connect(url, { headers, tags }, (opened) => talk(opened, values, greeted));
  check(answer, { 'socket: status 101': (answer) => answer && answer.status === 101 });
  check(greeted, { 'socket: of use': ({ is }) => is });
}
