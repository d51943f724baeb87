  // The steps of the profile, which are data. What only people know is asked for, used here, and leaves as a hash at most.
  const known = {};
  let number = 0;
  const value = async (name, values) => {
    if (name === "now") return String(Math.floor(Date.now() / 1000));
    if (name === "now_ms") return String(Date.now());
    if (name === "uuid") return crypto.randomUUID();
    if (values[name] !== undefined) return String(values[name]);
    if (known[name] === undefined) known[name] = prompt(c.secrets[name] || name);
    if (known[name] === null) { delete known[name]; throw new Error("given up"); }
    return known[name];
  };
  const utf8 = (text) => new TextEncoder().encode(text);
  const base64 = (data) => btoa(String.fromCharCode(...data));
  const part = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (sign) => "%" + sign.charCodeAt(0).toString(16).toUpperCase());
  const filters = {
    url: (text) => part(text),
    json: (text) => /^(-?\d+(\.\d+)?|true|false|null)$/.test(text) ? text : JSON.stringify(text),
    base64: (text) => base64(text.raw || utf8(text)),
    base64url: (text) => base64(text.raw || utf8(text)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, ""),
    hmac_sha256: async (text, name, values) => {
      const hmac = { name: "HMAC", hash: "SHA-256" };
      const key = await crypto.subtle.importKey("raw", utf8(await value(name, values)), hmac, false, ["sign"]);
      const raw = new Uint8Array(await crypto.subtle.sign(hmac, key, utf8(text)));
      const hex = [...raw].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return Object.assign(new String(hex), { raw });
    },
  };
  const expand = async (template, values) => {
    let done = "", end = 0;
    for (const found of String(template).matchAll(/\{\{\s*([a-z0-9_]+)\s*((?:\|[^|}]+)*)\}\}/g)) {
      let text = await value(found[1], values);
      for (const filter of found[2].split("|").slice(1)) {
        const [name, key] = filter.split(":").map((word) => word.trim());
        // What people give is text, whatever it looks like.
        const isGiven = values[found[1]] === undefined && known[found[1]] !== undefined;
        text = name === "json" && isGiven ? JSON.stringify(String(text)) : await filters[name](text, key, values);
      }
      done += template.slice(end, found.index) + text;
      end = found.index + found[0].length;
    }
    return done + String(template).slice(end);
  };
  const expandAll = async (json, values) => {
    if (typeof json === "string") return expand(json, values);
    if (Array.isArray(json)) return Promise.all(json.map((item) => expandAll(item, values)));
    if (json === null || typeof json !== "object") return json;
    const entries = Object.entries(json).map(async ([key, item]) => [key, await expandAll(item, values)]);
    return Object.fromEntries(await Promise.all(entries));
  };
  // The value at a JSON pointer; a string that holds JSON is looked into.
  const at = (pointer, json) => pointer.replace(/^\?/, "").split("/").slice(1).reduce((inner, key) => {
    if (typeof inner === "string") { try { inner = JSON.parse(inner); } catch { return undefined; } }
    return inner === null || typeof inner !== "object" ? undefined : inner[key.replace(/~1/g, "/").replace(/~0/g, "~")];
  }, json);
  const inside = (message) => { try { return JSON.parse(message.slice(message.search(/[{[]/))); } catch { return undefined; } };
  const query = async (table, values) => {
    const pairs = [];
    for (const [name, text] of Object.entries(table || {})) pairs.push(part(name) + "=" + part(await expand(text, values)));
    return pairs.join("&");
  };
  const join = (url, more) => more === "" ? url : url + (url.includes("?") ? "&" : "?") + more;
  const made = async (table, values) => {
    const all = { ...values };
    for (const [name, text] of Object.entries(table || {})) all[name] = await expand(text, values);
    return all;
  };
  const ask = async (step, values, told) => {
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), c.limit), begun = now();
    let url;
    try {
      const all = await made(step.make, values), target = step.post || step.get, base = await expand(target, all);
      url = join(target.startsWith("/") ? c.api.replace(/\/$/, "") + base : base, await query(step.query, all));
      const headers = { Accept: "application/json" };
      for (const [name, text] of Object.entries(step.headers || {})) headers[name] = await expand(text, all);
      if (step.auth) headers.Authorization = await expand(step.auth, all);
      let body;
      if (step.form) {
        headers["Content-Type"] = "application/x-www-form-urlencoded";
        body = await query(step.form, all);
      } else if (step.json !== undefined || step.session) {
        headers["Content-Type"] = "application/json";
        body = JSON.stringify(step.session ? {} : await expandAll(step.json, all));
      }
      const sent = now();
      if (told.at === undefined) told.at = sent;
      const answer = await fetch(url, { method: step.post ? "POST" : "GET", headers, body, signal: stop.signal });
      told.s = answer.status;
      const text = await answer.text();
      told.ms = now() - told.at;
      told.r = answer.headers.get("retry-after") || undefined;
      told.x = answer.headers.get("x-trace-id") || answer.headers.get("x-request-id") || undefined;
      let json;
      try { json = JSON.parse(text); } catch { if (!answer.ok) told.j = text.length; }
      const is = ([pointer, wanted]) => wanted === "*" ? at(pointer, json) != null : at(pointer, json) === wanted;
      const isGood = answer.ok || (step.ok_statuses || []).includes(answer.status);
      const isOk = isGood && Object.entries(step.ok || {}).every(is);
      if (!isOk) {
        const code = step.error ? at(step.error, json) : json && (json.code || json.error);
        told.c = String(code || "").slice(0, 40) || undefined;
        if (answer.ok) told.i = 1;
        return false;
      }
      // What stands in an address is taken after the address.
      const isLast = ([, from]) => Number(from.startsWith("query:"));
      for (const [name, from] of Object.entries(step.take || {}).sort((one, other) => isLast(one) - isLast(other))) {
        let found;
        const [, parameter, address] = from.match(/^query:(.*) of (.*)$/) || [];
        if (address) found = new URL(values[address], c.api).searchParams.get(parameter);
        else if (from === "text") found = text.trim();
        else if (from.startsWith("header:")) found = answer.headers.get(from.slice(7));
        else if (!from.startsWith("cookie:")) found = at(from, json);
        if (found !== undefined && found !== null) {
          values[name] = typeof found === "object" ? JSON.stringify(found) : String(found);
          told.h = await hash(values[name]);
        } else if (!from.startsWith("?")) { told.n = 1; return false; }
      }
      return true;
    } catch (error) {
      if (told.at === undefined) told.at = begun;
      told.ms = now() - told.at;
      told.e = stop.signal.aborted ? "timeout" : error.message === "given up" ? "secret" : "blocked";
      // The address alone: what is in the query may be good for one use.
      if (told.e === "blocked" && url) told.a = await reach(url.split("?")[0]);
      return false;
    } finally { clearTimeout(timer); }
  };
  const matches = (wanted, message) => Object.entries(wanted).every(([key, expected]) => {
    if (key === "text") return message.startsWith(expected);
    const found = at(key, inside(message));
    return expected === "*" ? found !== undefined : JSON.stringify(found) === JSON.stringify(expected);
  });
  // What is said after the upgrade, until the socket is of use.
  const greeting = (values) => {
    const split = (c.frame || {}).split;
    let socket, told, over, step = 0;
    const say = async (template) => {
      number += 1;
      const text = await expand(template, { ...values, id: number });
      socket.send(split && !text.endsWith(split) ? text + split : text);
    };
    const take = (wanted, message) => Object.entries(wanted || {}).forEach(([name, from]) => {
      const found = at(from, inside(message));
      if (found !== undefined) values[name] = typeof found === "string" ? found : JSON.stringify(found);
    });
    const goOn = async () => {
      for (; step < c.hello.length; step += 1) {
        const hello = c.hello[step];
        if (hello.request && !await ask(hello.request, values, {})) return;
        if (hello.send) await say(hello.send);
        told.g = step;
        if (hello.expect) { told.ge = JSON.stringify(hello.expect).slice(0, 60); return; }
      }
      told.g = step;
      told.ge = undefined;
      over();
    };
    const hear = async (data) => {
      if (typeof data !== "string") return;
      for (const message of split ? data.split(split).filter((one) => one !== "") : [data]) {
        for (const answer of c.answer) {
          if (!matches(answer.when, message)) continue;
          take(answer.take, message);
          if (answer.send) await say(answer.send);
        }
        const hello = c.hello[step];
        if (hello && hello.expect && matches(hello.expect, message)) {
          take(hello.take, message);
          step += 1;
          await goOn();
        }
      }
    };
    return { hear, begin: (opened, report, hold) => { [socket, told, over] = [opened, report, hold]; goOn(); } };
  };
  const turn = async (attempt) => {
    const values = {};
    for (const [kind, steps, name] of [["token", c.login, "1. Sign-in"], ["ticket", c.ticket, "2. The ticket"]]) {
      for (const step of steps) {
        const told = attempt[kind] ||= {};
        for (const old of ["s", "c", "r", "x", "j", "n", "e", "i"]) delete told[old];
        if (await ask(step, values, told)) continue;
        say(name + " failed: " + (told.s || told.e) + " " + (told.c || ""));
        return told.e === "secret";
      }
      if (steps.length) say(name + " works (" + attempt[kind].ms + " ms).");
    }
    const socket = c.socket, all = await made(socket.make, values);
    const named = socket.url ? (await expand(socket.url, all)).replace(/^http/, "ws") : c.ws;
    const [address, more] = named.split("?");
    const path = address.replace(/\/+$/, "") + await expand(socket.path || "", all);
    const url = join(join(path, more || ""), await query(socket.query, all));
    const protocols = await Promise.all((socket.protocols || []).map((protocol) => expand(protocol, all)));
    if (Object.keys(socket.headers || {}).length) say("The profile sends headers with the WebSocket that no browser can send.");
    const told = await dial(url, protocols, c.hello.length ? greeting(values) : undefined);
    attempt.socket = told;
    if (told.up === undefined) told.reach = await reach(path);
    if (told.held) { say("3. The WebSocket opened, is of use and stayed open. All is well from here."); return true; }
    say(told.up === undefined ? "3. The WebSocket did not open (" + (told.c || told.e || "no answer") + "); the server " + (told.reach ? "can" : "cannot") + " be reached otherwise."
      : told.late ? "3. The WebSocket opened, and the service's greeting did not come." : "3. The WebSocket opened and was closed: " + told.c + " " + (told.r || ""));
    return false;
  };
