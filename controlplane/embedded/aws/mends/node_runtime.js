// The end of the program of a Node.js worker: what AWS's own runtime does around a handler.
//
// Takes the place of what ministack's program has after its stand-ins for the SDK, whose names it uses (fs, path,
// readline, patchAwsSdk, _realWriteSync), in these points: a handler that throws keeps its process; errors and lines
// of the console read as on AWS; nothing that is logged is lost, and the end of an invocation's log is marked; the
// cold start is timed apart; children of a handler end with the server.

const util = require("util");

const END_OF_LOG = "\0end ";
const TASK_ROOT = "/var/task";
const LEVELS = { log: "INFO", info: "INFO", warn: "WARN", error: "ERROR", debug: "DEBUG", trace: "TRACE" };
const pause = new Int32Array(new SharedArrayBuffer(4));

let handler = null;
let notLoaded = null; // what to tell at each invocation, as on AWS
let codeFolders = [];
let initMs = 0;
let requestId = "";
let finish = null; // of the invocation being served

// Node's own streams write later what a full pipe does not take at once, and lose it when the process ends.
function writeAll(descriptor, chunk, encoding) {
  let bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
  while (bytes.length) {
    try {
      bytes = bytes.subarray(_realWriteSync(descriptor, bytes));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk, encoding, callback) => {
    writeAll(2, chunk, typeof encoding === "string" ? encoding : "utf8");
    const done = typeof encoding === "function" ? encoding : callback;
    if (done) process.nextTick(done);
    return true;
  };
}

for (const [name, level] of Object.entries(LEVELS)) {
  console[name] = (...values) => log(level, util.format(...values));
}

function log(level, text) {
  writeAll(2, [new Date().toISOString(), requestId, level, text.replace(/\n/g, "\r")].join("\t") + "\n");
}

function answer(told) {
  writeAll(1, JSON.stringify(told) + "\n");
}

// ---- errors, as AWS's runtime describes them

function isError(thrown) {
  return util.types.isNativeError(thrown) || (thrown && thrown.name && thrown.message && thrown.stack);
}

function linesOf(stack) {
  let text = String(stack);
  for (const folder of codeFolders) text = text.replaceAll(folder, TASK_ROOT);
  return text.split("\n").filter((line) => !line.includes(__filename));
}

function describe(thrown) {
  if (!isError(thrown)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: String(thrown.name), errorMessage: String(thrown.message), trace: linesOf(thrown.stack) };
}

function logFailure(title, failure, thrown) {
  const { trace, ...told } = failure;
  const more = isError(thrown) ? Object.fromEntries(Object.entries(thrown)) : {};
  let text;
  try {
    text = JSON.stringify({ ...told, ...more, stack: trace });
  } catch {
    text = JSON.stringify({ ...told, stack: trace });
  }
  log("ERROR", `${title} \t${text}`);
}

function whyNotLoaded(thrown) {
  const named = (errorType) => ({ errorType, errorMessage: linesOf(String(thrown)).join("\n"), trace: linesOf(thrown.stack) });
  if (thrown instanceof SyntaxError) return named("Runtime.UserCodeSyntaxError");
  if (["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(thrown && thrown.code)) {
    return named("Runtime.ImportModuleError");
  }
  return describe(thrown);
}

// ---- loading

async function load(folder, name, exported) {
  const module = await loadModule(path.resolve(folder, name));
  const found = module[exported] || (module.default && module.default[exported]);
  if (typeof found === "function") return found;
  notLoaded = {
    errorType: "Runtime.HandlerNotFound",
    errorMessage: `${name}.${exported} is undefined or not exported`,
    trace: [],
  };
  return null;
}

async function loadModule(file) {
  const { pathToFileURL } = require("url");
  if (fs.existsSync(`${file}.mjs`)) return import(pathToFileURL(`${file}.mjs`).href);
  try {
    return require(file);
  } catch (error) {
    if (!["ERR_REQUIRE_ESM", "ERR_REQUIRE_ASYNC_MODULE"].includes(error.code)) throw error;
    return import(pathToFileURL(require.resolve(file)).href);
  }
}

async function start(init) {
  Object.assign(process.env, init.env || {});
  codeFolders = [...new Set([fs.realpathSync(init.code_dir), init.code_dir])];
  patchAwsSdk();
  try {
    handler = await load(init.code_dir, init.module, init.handler);
  } catch (error) {
    notLoaded = whyNotLoaded(error);
  }
  initMs = performance.now(); // since the process began
  answer({ status: "ready", cold: true });
}

// ---- invocations

function setForThisCall(name, value) {
  if (value === undefined || value === null || value === "") delete process.env[name];
  else process.env[name] = String(value);
}

function contextOf(call) {
  const deadline = Date.now() + Number(call.timeout_ms);
  return {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    invokedFunctionArn: call.invoked_function_arn,
    awsRequestId: call.request_id,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function peakMemoryMb() {
  try {
    return Math.trunc(Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]) / 1024);
  } catch {
    return Math.trunc(process.resourceUsage().maxRSS / 1024);
  }
}

function invoke(event, call) {
  requestId = call.request_id;
  setForThisCall("_X_AMZN_TRACE_ID", call.trace_id);
  setForThisCall("__DEPTH_ENV__", call.depth);
  for (const name of __DURABLE_ENV_VARS__) setForThisCall(name, (call.durable || {})[name]);
  const began = performance.now();
  finish = (told) => {
    finish = idle = null;
    process.stdin.ref();
    writeAll(2, `${END_OF_LOG}${requestId}\n`);
    answer({ status: "ok", ...told, duration_ms: performance.now() - began, init_ms: initMs, memory_mb: peakMemoryMb() });
  };
  if (notLoaded) return fail("Uncaught Exception", notLoaded, null, true);
  const context = contextOf(call);
  const settle = once((error, result) => {
    if (error !== null && error !== undefined) fail("Invoke Error", describe(error), error, false);
    else succeed(result);
  });
  Object.assign(context, { done: settle, succeed: (result) => settle(null, result), fail: (error) => settle(error ?? "") });
  try {
    const result = handler(event, context, settle);
    if (result && typeof result.then === "function") {
      result.then((value) => settle(null, value), (error) => settle(error ?? String(error)));
    } else if (handler.length < 3 && result !== undefined) {
      settle(null, result);
    }
    if (finish) {
      // Who neither answers nor waits for anything has answered nothing: the loop is then empty but for the next call.
      idle = () => settle(null);
      process.stdin.unref();
    }
  } catch (error) {
    settle(error ?? String(error));
  }
}

let idle = null;
process.on("beforeExit", () => idle?.());

function once(settle) {
  let settled = false;
  return (error, result) => {
    if (!settled) {
      settled = true;
      settle(error, result);
    }
  };
}

function succeed(result) {
  if (!finish) return;
  let text;
  try {
    text = JSON.stringify(result) ?? "null";
  } catch {
    const error = new Error("Unable to stringify response body");
    fail("Invoke Error", describe(error), error, false);
    return;
  }
  finish({ result: text });
}

function fail(title, failure, thrown, broken) {
  if (!finish) return;
  logFailure(title, failure, thrown);
  finish({ failure, broken });
}

// What nobody catches ends the process, as on AWS; the invocation being served is told why.
function end(title, failure, thrown) {
  if (finish) fail(title, failure, thrown, true);
  else process.exit(1);
}

process.on("uncaughtException", (error) => end("Uncaught Exception", describe(error), error));
process.on("unhandledRejection", (reason) => {
  const failure = { ...describe(reason), errorType: "Runtime.UnhandledPromiseRejection", errorMessage: String(reason) };
  end("Unhandled Promise Rejection", failure, reason);
});

const requests = readline.createInterface({ input: process.stdin, terminal: false });
let started = false;
requests.on("line", (line) => {
  const message = JSON.parse(line);
  if (started) setImmediate(invoke, message.event, message.ctx); // so that a stack trace is not mostly of readline
  else {
    started = true;
    start(message);
  }
});
requests.on("close", () => process.kill(-process.pid, "SIGKILL")); // the server is gone: all of it ends here
