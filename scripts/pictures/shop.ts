/** A service that writes requests, one now and then slow. */
const API = `import itertools, sys, time, random
for n in itertools.count(400):
    print(f"GET /items/{n} 200 {random.randint(3, 40)} ms", flush=True)
    if n % 9 == 6: print(f"slow query: select * from items where id = {n}", file=sys.stderr, flush=True)
    time.sleep(random.random() * .7)
`;
/** One that is busy, and writes to a file. */
const ENCODER = `import hashlib, itertools, os, random, time
frame = os.urandom(1 << 20)
for n in itertools.count():
    end = time.process_time() + random.random() * .4
    while time.process_time() < end: hashlib.sha256(frame).digest()
    with open("frames", "wb") as file: file.write(frame * random.randint(1, 4))
    if n % 8 == 0: print(f"frame {n * 25}: done", flush=True)
    time.sleep(.3)
`;

/** What a shop is made of: programs that are well, busy, in trouble, or not to run. */
export const SHOP: Readonly<Record<string, string>> = {
  "api.py": API,
  "encoder.py": ENCODER,
  "mailer.py": `import sys, time
time.sleep(.4)
sys.exit("mailer: no route to smtp.example.com")
`,
  "proctor.yaml": `processes:
  web:
    command: python3 -u -m http.server 18080
    health: { http: "http://127.0.0.1:18080", interval: 2s }
    limits: { memory: { max: 256M } }
  api:
    command: python3 api.py
    instances: 2
    depends_on: [web]
  encoder: python3 encoder.py
  mailer: python3 mailer.py
  cache:
    command: sleep 100000
    health: { tcp: "127.0.0.1:18081", interval: 2s }
  nightly: { command: sh backup.sh, enabled: false }
`,
};
