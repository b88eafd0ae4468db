"""An encoder of values to SCALE that walks the metadata's type registry, independent of the SDK's codec."""

from bittensor._transport.codec import ss58_decode

from tests.chain.scale.golden import compact

WIDTHS = {f"u{8 * size}": size for size in (1, 2, 4, 8, 16, 32)}
WIDTHS |= {f"i{8 * size}": size for size in (1, 2, 4, 8, 16)}


def type_id(text: str) -> int:
    """Return the number in a type's name of the SDK (``scale_info::N``)."""
    return int(text.removeprefix("scale_info::"))


class Encoder:
    """Encodes values of the types of one runtime. A field that a record lacks is sent as zero.

    Names of such fields are kept in ``missing``, and of fields that the real type does not have in
    ``unknown``.
    """

    def __init__(self, codec):
        self._types = {entry["id"]: entry["type"] for entry in codec.registry_types()}
        self.missing = set()
        self.unknown = set()

    def encode(self, number, value, where):
        """Return the bytes of ``value`` as the type ``number``; ``where`` names it in errors."""
        kind = self._types[number]["def"]
        for name in ("primitive", "compact", "sequence", "array", "tuple", "composite", "variant"):
            if name in kind:
                return getattr(self, f"_{name}")(number, kind[name], value, where)
        raise TypeError(f"{where}: {kind}")

    def _primitive(self, number, kind, value, where):
        kind = kind.lower()
        if kind == "bool":
            assert isinstance(value, bool | int), where
            return bytes([bool(value)])
        if kind == "str":
            return compact(len(value.encode())) + value.encode()
        assert isinstance(value, int), f"{where}: {kind} from {value!r}"
        return int(value).to_bytes(WIDTHS[kind], "little", signed=kind[0] == "i")

    def _compact(self, number, kind, value, where):
        while isinstance(value, dict) and len(value) == 1:
            (value,) = value.values()
        return compact(value)

    def _sequence(self, number, kind, value, where):
        inner = kind["type"]
        if self._is(inner, "u8"):
            data = _bytes(value)
            return compact(len(data)) + data
        items = list(value.encode()) if isinstance(value, str) else list(value)
        return compact(len(items)) + b"".join(self.encode(inner, x, f"{where}[]") for x in items)

    def _array(self, number, kind, value, where):
        if isinstance(value, str):
            data = _bytes(value) if value.startswith("0x") else bytes.fromhex(ss58_decode(value))
            assert len(data) == kind["len"], where
            return data
        assert len(value) == kind["len"], where
        return b"".join(self.encode(kind["type"], x, where) for x in value)

    def _tuple(self, number, kind, value, where):
        values = () if value is None else value
        parts = zip(kind or [], values, strict=True)
        return b"".join(self.encode(inner, x, f"{where}.{i}") for i, (inner, x) in enumerate(parts))

    def _composite(self, number, kind, value, where):
        fields = kind.get("fields") or []
        name = (self._types[number].get("path") or [where])[-1]
        if name == "AccountId32" and isinstance(value, str):
            return bytes.fromhex(ss58_decode(value))
        names = [field.get("name") for field in fields]
        if len(fields) == 1 and not (isinstance(value, dict) and names[0] in value):
            return self.encode(fields[0]["type"], value, where)
        if not isinstance(value, dict):
            value = dict(zip(names, value, strict=True))
        self.unknown |= {f"{name}.{extra}" for extra in value.keys() - set(names)}
        data = b""
        for field in fields:
            if field["name"] not in value:
                self.missing.add(f"{name}.{field['name']}")
            given = value.get(field["name"], self.zero(field["type"]))
            data += self.encode(field["type"], given, f"{where}.{field['name']}")
        return data

    def _variant(self, number, kind, value, where):
        variants = kind.get("variants") or []
        if self._types[number].get("path", [])[-1:] == ["Option"]:
            if value is None:
                return b"\0"
            some = next(one for one in variants if one["name"] == "Some")
            return b"\1" + self.encode(some["fields"][0]["type"], value, where)
        name, inner = (value, None) if isinstance(value, str) else next(iter(value.items()))
        chosen = next(one for one in variants if one["name"] == name)
        fields = chosen.get("fields") or []
        if len(fields) == 1 and not (isinstance(inner, dict) and fields[0].get("name") in inner):
            body = self.encode(fields[0]["type"], inner, where)
        elif isinstance(inner, dict):
            body = b"".join(self.encode(f["type"], inner[f["name"]], where) for f in fields)
        else:
            pairs = zip(fields, inner or (), strict=True)
            body = b"".join(self.encode(f["type"], x, where) for f, x in pairs)
        return bytes([chosen["index"]]) + body

    def zero(self, number):
        """Return the least value of a type: 0, empty, or the first variant."""
        kind = self._types[number]["def"]
        if "primitive" in kind:
            return {"bool": False, "str": ""}.get(kind["primitive"].lower(), 0)
        if "compact" in kind:
            return 0
        if "sequence" in kind:
            return []
        if "array" in kind:
            return [self.zero(kind["array"]["type"])] * kind["array"]["len"]
        if "tuple" in kind:
            return [self.zero(inner) for inner in kind["tuple"] or []]
        if "composite" in kind:
            fields = kind["composite"].get("fields") or []
            if fields and fields[0].get("name"):
                return {field["name"]: self.zero(field["type"]) for field in fields}
            return self.zero(fields[0]["type"])
        if self._types[number].get("path", [])[-1:] == ["Option"]:
            return None
        first = kind["variant"]["variants"][0]
        fields = first.get("fields") or []
        return {first["name"]: [self.zero(f["type"]) for f in fields]} if fields else first["name"]

    def _is(self, number, primitive):
        return str(self._types[number]["def"].get("primitive", "")).lower() == primitive


def _bytes(value):
    if isinstance(value, str):
        return bytes.fromhex(value[2:]) if value.startswith("0x") else value.encode()
    return bytes(value)
