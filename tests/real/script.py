# Run by CPython for WASI: the standard library's C modules, text, numbers and files.
import hashlib, json, os, re, sys, time, zlib
from decimal import Decimal, getcontext

print("python", sys.version.split()[0], sys.platform, sys.argv[1:])
data = {"name": "wasmote", "numbers": [1, 2.5, -3e10, 2**70], "nested": {"list": [[], {}, None, True]}, "text": "häßlich ☃"}
text = json.dumps(data, sort_keys=True, ensure_ascii=False)
assert json.loads(text) == data
print("json", text)

blob = b"".join(hashlib.sha256(str(i).encode()).digest() + b"wasmote" * 9 for i in range(2000))
packed = zlib.compress(blob, 9)
assert zlib.decompress(packed) == blob
print("zlib", len(blob), len(packed), hex(zlib.crc32(blob)), hex(zlib.adler32(blob)))
print("sha256", hashlib.sha256(blob).hexdigest())
print("sha3", hashlib.sha3_256(blob).hexdigest())
print("md5", hashlib.md5(packed).hexdigest())

os.makedirs("out/deep", exist_ok=True)
for i in range(50):
    with open(f"out/deep/file{i:02}.txt", "w", encoding="utf-8") as f:
        f.writelines(f"{i} {j} {i * j}\n" for j in range(100))
names = sorted(os.listdir("out/deep"))
total = sum(os.stat(f"out/deep/{n}").st_size for n in names)
print("files", len(names), total, names[0], names[-1])
os.rename("out/deep/file00.txt", "out/renamed.txt")
with open("out/renamed.txt", "r+b") as f:
    f.seek(4)
    f.write(b"XYZ")
    f.seek(0)
    print("patched", f.readline())
    f.truncate(10)
print("truncated", os.path.getsize("out/renamed.txt"))
for n in names[1:]:
    os.remove(f"out/deep/{n}")
os.rmdir("out/deep")
try:
    open("../outside", "w")
except OSError as e:
    print("outside", e.errno)

getcontext().prec = 60
print("decimal", Decimal(2).sqrt())
print("re", re.findall(r"(\w)(\d+)", "a1 b22 c333 dd4444"))
print("big", pow(3, 5000, 10**40 + 7))
print("sorted", sorted({hash(x) % 1000 for x in range(0, 10**6, 997)})[:8])
start = time.monotonic()
time.sleep(0.05)
assert time.monotonic() - start >= 0.049
try:
    sys.setrecursionlimit(400)
    (lambda f: f(f))(lambda f: f(f))
except RecursionError:
    print("recursion stopped")
sys.exit(3)
