"""Writes and reads back GGUF v3 files with F32 and Q8_0 tensors (layout: ggml/docs/gguf.md)."""
import struct

import numpy as np

ALIGNMENT = 32
F32, Q8_0 = 0, 8
BLOCK = 32                                       # values in one Q8_0 block: f16 scale, 32 x i8
UINT32, FLOAT32, BOOL, STRING, ARRAY, INT32 = 4, 6, 7, 8, 9, 5
BLOCK_TYPE = np.dtype([("scale", "<f2"), ("values", "i1", BLOCK)])


def quantize_q8_0(x):
    """float32 [..., n], n a multiple of 32 -> raw bytes, exactly as ggml's quantize_row_q8_0_ref."""
    blocks = np.ascontiguousarray(x, np.float32).reshape(-1, BLOCK)
    scale = np.abs(blocks).max(-1) / np.float32(127)
    inverse = np.divide(np.float32(1), scale, out=np.zeros_like(scale), where=scale > 0)
    scaled = (blocks * inverse[:, None]).astype(np.float64)
    out = np.zeros(len(blocks), BLOCK_TYPE)
    out["scale"] = scale
    out["values"] = np.copysign(np.floor(np.abs(scaled) + 0.5), scaled)  # half away from zero, as roundf
    return out.tobytes()


def dequantize_q8_0(raw, shape):
    blocks = np.frombuffer(raw, BLOCK_TYPE)
    return (blocks["scale"].astype(np.float32)[:, None] * blocks["values"]).reshape(shape)


def _string(s):
    raw = s.encode()
    return struct.pack("<Q", len(raw)) + raw


def _scalar(kind, v):
    return _string(v) if kind == STRING else struct.pack({UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}[kind], v)


def _kind(v):
    return {bool: BOOL, int: UINT32, float: FLOAT32, str: STRING}[type(v)]


def _value(v):
    """Lists of int are written as int32, single ints as uint32, as llama.cpp's converter does."""
    if not isinstance(v, list):
        return struct.pack("<I", _kind(v)) + _scalar(_kind(v), v)
    kind = INT32 if isinstance(v[0], int) else _kind(v[0])
    return struct.pack("<IIQ", ARRAY, kind, len(v)) + b"".join(_scalar(kind, x) for x in v)


def _padded(n):
    return -(-n // ALIGNMENT) * ALIGNMENT


def write(path, metadata, tensors):
    """metadata {key: value}; tensors {name: (float32 array, F32 or Q8_0)}."""
    raw = {n: quantize_q8_0(x) if kind == Q8_0 else np.ascontiguousarray(x, "<f4").tobytes()
           for n, (x, kind) in tensors.items()}
    head = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(metadata))]
    head += [_string(key) + _value(value) for key, value in metadata.items()]
    offset = 0
    for name, (x, kind) in tensors.items():
        dims = x.shape[::-1]                     # GGUF names the fastest-running dimension first
        head.append(_string(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, offset))
        offset += _padded(len(raw[name]))
    head = b"".join(head)
    with open(path, "wb") as f:
        f.write(head.ljust(_padded(len(head)), b"\0"))
        for data in raw.values():
            f.write(data.ljust(_padded(len(data)), b"\0"))


class _Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, fmt):
        out = struct.unpack_from("<" + fmt, self.data, self.at)
        self.at += struct.calcsize("<" + fmt)
        return out[0] if len(out) == 1 else out

    def string(self):
        n = self.take("Q")
        self.at += n
        return self.data[self.at - n:self.at].decode()

    def value(self, kind):
        if kind == ARRAY:
            kind, n = self.take("IQ")
            return [self.value(kind) for _ in range(n)]
        return self.string() if kind == STRING else self.take({UINT32: "I", INT32: "i", FLOAT32: "f", BOOL: "?"}[kind])


def read(path):
    """(metadata, {name: float32 array}) of a file that write() made."""
    with open(path, "rb") as f:
        c = _Cursor(f.read())
    assert c.take("4s") == b"GGUF" and c.take("I") == 3
    n_tensors, n_keys = c.take("QQ")
    metadata = {c.string(): c.value(c.take("I")) for _ in range(n_keys)}
    infos = []
    for _ in range(n_tensors):
        name, n_dims = c.string(), c.take("I")
        dims = [c.take("Q") for _ in range(n_dims)]
        infos.append((name, dims[::-1], *c.take("IQ")))
    start, tensors = _padded(c.at), {}
    for name, shape, kind, offset in infos:
        n_bytes = int(np.prod(shape)) * 4 if kind == F32 else int(np.prod(shape)) // BLOCK * BLOCK_TYPE.itemsize
        raw = c.data[start + offset:start + offset + n_bytes]
        tensors[name] = np.frombuffer(raw, "<f4").reshape(shape) if kind == F32 else dequantize_q8_0(raw, shape)
    return metadata, tensors
