// A server of one actor by Fedify, for tests: node fedify_peer.cjs FOLDER FIRST_KNOCK
//
// FOLDER holds node_modules with @fedify/fedify. It prints its address, and serves besides
//   GET /test/log                     what came to its inbox, verified by Fedify
//   POST /test/follow?actor=URL       follow an actor
//   POST /test/ask?actor=URL&text=T   send a post that mentions an actor
const { createServer } = require("node:http");
const { createRequire } = require("node:module");
const [folder, firstKnock] = process.argv.slice(2);
const fedify = createRequire(`${folder}/`)("@fedify/fedify");
const { Accept, Create, Follow, Mention, Note, Person } = fedify;

const log = [];
const federation = fedify.createFederation({
  kv: new fedify.MemoryKvStore(),
  allowPrivateAddress: true,
  firstKnock,
});
let pairs = null;

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    const keys = await ctx.getActorKeyPairs(identifier);
    return new Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      inbox: ctx.getInboxUri(identifier),
      publicKey: keys[0].cryptographicKey,
    });
  })
  .setKeyPairsDispatcher(async () => {
    pairs ??= [await fedify.generateCryptoKeyPair("RSASSA-PKCS1-v1_5")];
    return pairs;
  });

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Follow, async (ctx, follow) => {
    log.push({ type: "Follow", actor: follow.actorId.href });
    const follower = await follow.getActor(ctx);
    await ctx.sendActivity(
      { identifier: "peer" },
      follower,
      new Accept({ id: new URL(`/accepts/${Date.now()}`, ctx.origin), actor: ctx.getActorUri("peer"), object: follow }),
    );
  })
  .on(Accept, async (_ctx, accept) => {
    log.push({ type: "Accept", actor: accept.actorId.href });
  })
  .on(Create, async (ctx, create) => {
    const object = await create.getObject(ctx);
    log.push({ type: "Create", actor: create.actorId.href, id: create.id.href, text: String(object?.content) });
  });

async function command(url, ctx) {
  const recipient = await ctx.lookupObject(url.searchParams.get("actor"));
  const actor = ctx.getActorUri("peer");
  if (url.pathname === "/test/follow") {
    const id = new URL(`/follows/${Date.now()}`, ctx.origin);
    return ctx.sendActivity({ identifier: "peer" }, recipient, new Follow({ id, actor, object: recipient.id }));
  }
  const note = new Note({
    id: new URL(`/notes/${Date.now()}`, ctx.origin),
    attribution: actor,
    to: recipient.id,
    content: url.searchParams.get("text"),
    tags: [new Mention({ href: recipient.id, name: "@fungus" })],
  });
  const id = new URL(`/creates/${Date.now()}`, ctx.origin);
  return ctx.sendActivity({ identifier: "peer" }, recipient, new Create({ id, actor, to: recipient.id, object: note }));
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const url = new URL(request.url, `http://${request.headers.host}`);
  let answer;
  try {
    if (url.pathname === "/test/log") {
      answer = Response.json(log);
    } else if (url.pathname.startsWith("/test/")) {
      await command(url, federation.createContext(url, undefined));
      answer = Response.json({});
    } else {
      const body = chunks.length ? Buffer.concat(chunks) : undefined;
      answer = await federation.fetch(
        new Request(url, { method: request.method, headers: request.headers, body }),
        { contextData: undefined },
      );
    }
  } catch (error) {
    answer = new Response(String(error?.stack ?? error), { status: 500 });
  }
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
// The test that started us ends us by closing our standard input.
process.stdin.on("end", () => process.exit(0)).resume();
