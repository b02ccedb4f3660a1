"""The server of these tests on python-socketio and aiohttp: the handlers of `events.rs`.

    server.py HOST:PORT [--ping INTERVAL TIMEOUT] [--polling] [--tls CERT KEY]
"""

import asyncio
import ssl
import sys

import socketio
from aiohttp import web

host, port = sys.argv[1].split(":")
rest = sys.argv[2:]
options = {}
tls = None
while rest:
    option = rest.pop(0)
    if option == "--ping":
        options["ping_interval"] = int(rest.pop(0)) / 1000
        options["ping_timeout"] = int(rest.pop(0)) / 1000
    elif option == "--polling":
        options["transports"] = ["polling"]
    elif option == "--tls":
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(rest.pop(0), rest.pop(0))
    else:
        raise SystemExit(f"what is {option}?")

io = socketio.AsyncServer(async_mode="aiohttp", **options)
written = {}
tokens = {}


@io.event
async def connect(sid, environ, auth):
    if auth["name"] == "nobody":
        raise socketio.exceptions.ConnectionRefusedError("not authorized", {"code": 7})
    tokens[sid] = auth


@io.event
async def disconnect(sid, *_):
    tokens.pop(sid, None)


def write(sid, number):
    written.setdefault(tokens[sid]["name"], []).append(number)


@io.event
async def echo(sid, parcel):
    return parcel


@io.event
async def note(sid, number):
    write(sid, number)


@io.event
async def record(sid, number):
    write(sid, number)
    return number


@io.event
async def notes(sid):
    return written.get(tokens[sid]["name"], [])


@io.event
async def silence(sid):
    await asyncio.sleep(3600)


@io.event
async def ask(sid, number):
    return await io.call("question", number, to=sid) + 1


@io.event
async def nudge(sid):
    await io.emit("nudged", to=sid)


@io.event
async def ticks(sid, to):
    for number in range(to):
        await io.emit("tick", number, to=sid)


@io.event
async def post(sid, parcel):
    await io.emit("parcel", parcel, to=sid)


@io.event
async def kick(sid, close):
    # There is no way to close the connection alone: `disconnect` ends the namespace, and with it the last one.
    await io.disconnect(sid)


@io.event
async def who(sid):
    return {"turn": tokens[sid]["turn"], "transport": io.eio.transport(io.manager.eio_sid_from_sid(sid, "/"))}


@io.event
async def tell(sid, number, text):
    await io.emit("told", (number, text))


app = web.Application()
io.attach(app)


# aiohttp prints once the port is open.
web.run_app(
    app, host=host, port=int(port), ssl_context=tls, print=lambda *_: print(f"listening {host}:{port}", flush=True)
)
