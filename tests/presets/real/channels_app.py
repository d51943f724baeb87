"""The same on Django Channels."""

import json
import secrets
from urllib.parse import parse_qs

from django.conf import settings

settings.configure(DEBUG=False, SECRET_KEY="x" * 50, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[])

import django  # noqa: E402

django.setup()

from channels.generic.websocket import WebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

PASSWORD = "good-0123456789abcdef"
tokens, tickets = set(), set()


def issue(valid):
    value = secrets.token_urlsafe(24)
    valid.add(value)
    return value


def login(request):
    given = json.loads(request.body)
    if given.get("password") != PASSWORD:
        return JsonResponse({"detail": "Incorrect username or password"}, status=401)
    return JsonResponse({"access_token": issue(tokens)}, status=201)


def ticket(request):
    if request.headers.get("Authorization", "").removeprefix("Bearer ") not in tokens:
        return JsonResponse({"detail": "Could not validate credentials"}, status=401)
    return JsonResponse({"ticket": issue(tickets)}, status=201)


urlpatterns = [path("auth/login", login), path("ws-ticket", ticket)]


class Socket(WebsocketConsumer):
    def connect(self):
        given = parse_qs(self.scope["query_string"].decode()).get("ticket", [""])[0]
        if given in tickets:
            tickets.remove(given)
            self.accept()
        else:
            self.close()


sockets = OriginValidator(URLRouter([path("ws", Socket.as_asgi())]), ["https://app.example.com"])
application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": sockets})
