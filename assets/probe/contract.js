  const ask = async (step, headers) => {
    const told = { at: now() };
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), c.limit);
    try {
      const body = step.m === "POST" ? "{}" : undefined;
      if (body) headers["Content-Type"] = "application/json";
      const answer = await fetch(c.api + step.p, { method: step.m, headers, body, signal: stop.signal });
      told.s = answer.status;
      const text = await answer.text();
      told.r = answer.headers.get("retry-after") || undefined;
      told.x = answer.headers.get("x-trace-id") || undefined;
      let json;
      try { json = JSON.parse(text); } catch { told.j = text.length; }
      if (json) {
        if (!answer.ok) told.c = String(json.code || (json.error && json.error.code) || "").slice(0, 40) || undefined;
        if (json.traceId) told.x = told.x || String(json.traceId).slice(0, 60);
      }
      told.ms = now() - told.at;
      return [told, answer.ok ? json : undefined];
    } catch (error) {
      told.ms = now() - told.at;
      told.e = stop.signal.aborted ? "timeout" : "blocked";
      if (told.e === "blocked") told.a = await reach(c.api + step.p);
      return [told];
    } finally { clearTimeout(timer); }
  };
  const turn = async (attempt) => {
    const [token, granted] = await ask(c.token, {});
    attempt.token = token;
    const jwt = granted && find(granted, c.token.f);
    if (typeof jwt !== "string") { if (granted) token.n = 1; say("1. Sign-in failed: " + (token.s || "the browser shows no answer")); return false; }
    token.h = await hash(jwt);
    try {
      const claims = JSON.parse(atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
      if (claims.iat) token.d = Date.now() - claims.iat * 1000;
    } catch { token.j = 1; }
    say("1. Sign-in works (" + token.ms + " ms).");
    const [ticket, given] = await ask(c.ticket, { Authorization: "Bearer " + jwt });
    attempt.ticket = ticket;
    const value = given && find(given, c.ticket.f);
    if (typeof value !== "string") { if (given) ticket.n = 1; say("2. The ticket was refused: " + (ticket.s || "the browser shows no answer") + " " + (ticket.c || "")); return false; }
    ticket.h = await hash(value);
    ticket.l = find(given, c.ticket.l);
    say("2. The ticket is there (" + ticket.ms + " ms).");
    const socket = await dial(c.ws + c.path + "?" + c.query + "=" + encodeURIComponent(value), []);
    attempt.socket = socket;
    if (socket.up === undefined) socket.reach = await reach(c.ws + c.path);
    if (socket.held) { say("3. The WebSocket opened and stayed open. All is well from here."); return true; }
    say(socket.up === undefined ? "3. The WebSocket did not open (" + (socket.c || socket.e || "no answer") + "); the server " + (socket.reach ? "can" : "cannot") + " be reached otherwise."
      : "3. The WebSocket opened and was closed: " + socket.c + " " + (socket.r || ""));
    return false;
  };
