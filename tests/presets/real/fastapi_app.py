"""The ticket pattern on FastAPI: a refused ticket is a 403 before the handshake."""

import secrets

from fastapi import FastAPI, Header, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

PASSWORD = "good-0123456789abcdef"
app = FastAPI()
tokens, tickets = set(), set()


class Login(BaseModel):
    username: str
    password: str


def issue(valid):
    value = secrets.token_urlsafe(24)
    valid.add(value)
    return value


@app.post("/auth/login", status_code=201)
def login(given: Login):
    if given.password != PASSWORD:
        raise HTTPException(401, "Incorrect username or password")
    return {"access_token": issue(tokens), "token_type": "bearer"}


@app.post("/ws-ticket", status_code=201)
def ticket(authorization: str = Header("")):
    if authorization.removeprefix("Bearer ") not in tokens:
        raise HTTPException(401, "Could not validate credentials")
    return {"ticket": issue(tickets), "expires_in": 30}


@app.websocket("/ws")
async def socket(socket: WebSocket, ticket: str = ""):
    if ticket not in tickets:
        await socket.close()
        return
    tickets.remove(ticket)
    await socket.accept()
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        pass
