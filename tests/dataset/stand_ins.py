"""Servers that speak as the Hugging Face Hub and a Firebase Realtime Database do, and hold to their rules."""

import asyncio
import base64
import hashlib
import json
import re
import threading
from contextlib import contextmanager

from aiohttp import web


@contextmanager
def served(application):
    """Serve an application from a thread of its own; give its address."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    address = []

    async def start():
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        return runner

    def serve():
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ready.wait(60)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)


def git_oid(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class FakeHub:
    """One dataset repository, with what its requests were; ``uploads_left`` bounds the uploads."""

    TOKEN = "hf_secret_of_the_test"

    def __init__(self):
        self.repository = None
        self.private = None
        self.objects = {}
        self.files = {".gitattributes": ("regular", b"")}
        self.commits = []
        self.uploads = []
        self.uploads_left = 10**6
        self.address = ""

    def application(self):
        application = web.Application(client_max_size=2**28, middlewares=[self.authorised])
        application.add_routes(
            [
                web.post("/api/repos/create", self.create),
                web.post("/api/validate-yaml", self.validate),
                web.post("/api/datasets/{owner}/{name}/preupload/main", self.preupload),
                web.post("/datasets/{owner}/{name}.git/info/lfs/objects/batch", self.batch),
                web.put("/objects/{oid}", self.upload),
                web.post("/verify", self.verify),
                web.get("/api/datasets/{owner}/{name}/tree/main", self.tree),
                web.post("/api/datasets/{owner}/{name}/commit/main", self.commit),
                web.get("/api/datasets/{owner}/{name}/revision/main", self.info),
            ]
        )
        return application

    @web.middleware
    async def authorised(self, request, handler):
        # Uploads go to storage, which the address itself authorises.
        authorised = request.headers.get("Authorization") == f"Bearer {self.TOKEN}"
        if not authorised and not request.path.startswith("/objects/"):
            return web.json_response({"error": "Invalid username or password."}, status=401)
        return await handler(request)

    async def create(self, request):
        asked = await request.json()
        assert asked["type"] == "dataset"
        name = f"{asked['organization']}/{asked['name']}"
        if self.repository == name:
            return web.json_response(
                {"error": "exists", "url": f"{self.address}/datasets/{name}"}, status=409
            )
        self.repository = name
        self.private = asked.get("visibility", asked.get("private"))
        return web.json_response({"url": f"{self.address}/datasets/{name}"})

    async def validate(self, request):
        asked = await request.json()
        assert asked["repoType"] == "dataset"
        assert asked["content"].startswith("---\n")
        return web.json_response({"errors": [], "warnings": []})

    async def preupload(self, request):
        asked = await request.json()
        return web.json_response(
            {
                "files": [
                    {
                        "path": file["path"],
                        "uploadMode": "lfs" if file["path"].endswith(".parquet") else "regular",
                        "shouldIgnore": False,
                        "oid": self.oid(file["path"]),
                    }
                    for file in asked["files"]
                ]
            }
        )

    def oid(self, path):
        mode, content = self.files.get(path, (None, b""))
        if mode == "lfs":
            return hashlib.sha256(content).hexdigest()
        return git_oid(content) if mode else None

    async def batch(self, request):
        asked = await request.json()
        assert asked["operation"] == "upload"
        assert request.content_type == "application/vnd.git-lfs+json"
        found = []
        for thing in asked["objects"]:
            actions = {
                "upload": {"href": f"{self.address}/objects/{thing['oid']}"},
                "verify": {"href": f"{self.address}/verify"},
            }
            known = thing["oid"] in self.objects
            found.append(thing if known else thing | {"actions": actions})
        return web.json_response({"transfer": "basic", "objects": found})

    async def upload(self, request):
        content = await request.read()
        if self.uploads_left <= 0:
            return web.json_response({"error": f"no space, {self.TOKEN}"}, status=507)
        self.uploads_left -= 1
        oid = request.match_info["oid"]
        assert hashlib.sha256(content).hexdigest() == oid
        self.objects[oid] = content
        self.uploads.append(oid)
        return web.Response()

    async def verify(self, request):
        asked = await request.json()
        assert len(self.objects[asked["oid"]]) == asked["size"]
        return web.json_response({})

    async def tree(self, request):
        assert request.query.get("recursive") in {"True", "true"}
        entries = [
            {"type": "file", "path": path, "size": len(content), "oid": git_oid(content)}
            for path, (_, content) in sorted(self.files.items())
        ]
        folders = sorted({path.rpartition("/")[0] for path in self.files} - {""})
        entries += [{"type": "directory", "path": path, "oid": "0" * 40} for path in folders]
        return web.json_response(entries)

    async def commit(self, request):
        lines = [json.loads(line) for line in (await request.text()).splitlines()]
        header, *operations = lines
        assert header["key"] == "header"
        files = dict(self.files)
        for operation in operations:
            value = operation["value"]
            if operation["key"] == "file":
                files[value["path"]] = ("regular", base64.b64decode(value["content"]))
            elif operation["key"] == "lfsFile":
                files[value["path"]] = ("lfs", self.objects[value["oid"]])
            else:
                assert operation["key"] == "deletedFile"
                del files[value["path"]]
        self.files = files
        self.commits.append([header["value"]["summary"], *operations])
        oid = f"{len(self.commits):040}"
        url = f"{self.address}/datasets/{self.repository}/commit/{oid}"
        return web.json_response({"commitUrl": url, "commitOid": oid, "success": True})

    async def info(self, request):
        return web.json_response(
            {"id": self.repository, "sha": f"{len(self.commits):040}", "tags": [], "siblings": []}
        )


class FakeFirebase:
    """One database; ``fail`` says of each request (by number) which status it fails with."""

    KEY = re.compile(r"[^.$#\[\]/\x00-\x1f\x7f]+")
    TOKEN = "ya29.secret-of-the-test"

    def __init__(self, limit=16 * 2**20, auth="token"):
        self.tree = {}
        self.limit = limit
        self.auth = auth
        self.requests = []
        self.fail = {}

    def application(self):
        application = web.Application(client_max_size=2**28)
        application.add_routes([web.route("*", "/{path:.*}", self.handle)])
        return application

    def authorised(self, request):
        if self.auth == "token":
            return (
                request.headers.get("Authorization") == f"Bearer {self.TOKEN}"
                and "auth" not in request.query
            )
        return request.query.get("auth") == self.TOKEN and "Authorization" not in request.headers

    async def handle(self, request):
        body = await request.read()
        self.requests.append((request.method, request.path, len(body)))
        status = self.fail.pop(len(self.requests), None)
        if status is not None:
            return web.json_response(
                {"error": f"failed with {request.query_string}, {self.TOKEN}"}, status=status
            )
        if not self.authorised(request):
            return web.json_response({"error": "Permission denied"}, status=401)
        assert request.path.endswith(".json")
        path = [part for part in request.path.removesuffix(".json").split("/") if part]
        if request.method == "GET":
            found = self.at(path)
            if request.query.get("shallow") == "true" and isinstance(found, dict):
                found = dict.fromkeys(found, True)
            return web.json_response(found)
        assert request.method == "PATCH"
        if len(body) > self.limit:
            return web.json_response(
                {"error": "Data to write exceeds the maximum size"}, status=400
            )
        update = json.loads(body)
        problem = self.problem(update, len(path))
        if problem:
            return web.json_response({"error": problem}, status=400)
        for key, value in update.items():
            self.put([*path, *key.split("/")], self.stored(value))
        return web.Response(status=204 if request.query.get("print") == "silent" else 200)

    def problem(self, update, depth):
        paths = [tuple(key.split("/")) for key in update]
        for path in paths:
            if any(path[:stop] in paths for stop in range(1, len(path))):
                return f"paths {path} and above it in one update"
            bad = [part for part in path if not self.is_key(part)]
            if bad:
                return f"Invalid key {bad}"
        for path, value in zip(paths, update.values(), strict=True):
            if self.depth(value) + len(path) + depth > 32:
                return "too deep"
            if not self.keys_are_good(value):
                return "Invalid key"
        return None

    def is_key(self, part):
        return bool(self.KEY.fullmatch(part)) and len(part.encode()) <= 768

    def keys_are_good(self, value):
        if isinstance(value, dict):
            return all(self.is_key(key) and self.keys_are_good(v) for key, v in value.items())
        return not isinstance(value, list) or all(map(self.keys_are_good, value))

    def depth(self, value):
        if isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            return 1 + max(map(self.depth, inner), default=0)
        return 0

    def stored(self, value):
        """Return a value as it is kept: lists are objects, nulls and what is empty are dropped."""
        if isinstance(value, list):
            value = {str(i): item for i, item in enumerate(value)}
        if isinstance(value, dict):
            kept = {key: self.stored(item) for key, item in value.items()}
            return {key: item for key, item in kept.items() if item is not None} or None
        return value

    def at(self, path):
        found = self.tree
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def put(self, path, value):
        *above, last = path
        node = self.tree
        for part in above:
            node = node.setdefault(part, {})
        if value is None:
            node.pop(last, None)
        else:
            node[last] = value
