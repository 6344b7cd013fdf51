// Compares a preset's binary with Rust's `tokenizers` library, as npm's package of that name has it: the merges that
// both learn, the ids that both give to real text and to random Unicode, and the time that both take.
//
//   npm i --prefix FOLDER tokenizers
//   node scripts/compare_tokenizers.mjs BINARY FOLDER TEXT... [--strings 100000] [--rounds 5]
//
// Of ours whole commands are timed, so that a text should have at least 10 MB.
//
// Exit codes: 0 no difference, 1 a difference, 2 usage, 77 skipped because the package is missing.
import {execFileSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {availableParallelism, tmpdir} from "node:os";
import {basename, join, resolve} from "node:path";

// The package's trainer has no options: this is its vocabulary, and no least frequency.
const VOCABULARY = 30000;

function usage(message) {
  console.error(`error: ${message}, use: node compare_tokenizers.mjs BINARY FOLDER TEXT... [--strings N] [--rounds N]`);
  process.exit(2);
}

function readArguments() {
  const options = {strings: 100000, rounds: 5}, positional = [];
  const rest = process.argv.slice(2);
  while (rest.length > 0) {
    const argument = rest.shift();
    if (!argument.startsWith("--")) positional.push(argument);
    else if (argument.slice(2) in options && rest[0] > 0) options[argument.slice(2)] = Number(rest.shift());
    else usage(`${argument} is unknown or lacks a number`);
  }
  const [binary, folder, ...texts] = positional;
  if (texts.length === 0) usage("too few arguments");
  return {binary: resolve(binary), folder: resolve(folder), texts, ...options};
}

function loadPackage(folder) {
  try {
    return createRequire(join(folder, "package.json"))("tokenizers");
  } catch (error) {
    console.log(`skipped: ${folder} has no npm package 'tokenizers' for this machine: ${error.message.split("\n")[0]}`);
    process.exit(77);
  }
}

const {binary, folder, texts, strings, rounds} = readArguments();
const rust = loadPackage(folder);
const work = mkdtempSync(join(tmpdir(), "compare_tokenizers-"));
process.on("exit", () => rmSync(work, {recursive: true}));
let differences = 0;

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const file = (name) => join(work, name);
const ours = (...options) =>
  execFileSync(binary, ["tokenizer", ...options],
    {encoding: "utf8", maxBuffer: 2 ** 30, stdio: ["ignore", "pipe", "ignore"]});
const idsOf = (line) => line.trim().split(" ").filter((id) => id !== "").map(Number);

// The package reads files line by line. Where no white space stands around line ends, that makes no difference.
function trimLines(path) {
  const white = "[\\s\\u0085]";
  return readFileSync(path, "utf8").replace(new RegExp(`${white}*\\n${white}*`, "g"), "\n");
}

async function seconds(action) {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

function trainRust(path) {
  const tokenizer = new rust.Tokenizer(rust.BPE.empty());
  tokenizer.setPreTokenizer(rust.byteLevelPreTokenizer(false, true));
  tokenizer.train([path]);
  return tokenizer;
}

function mergesIn(path) {
  const merges = JSON.parse(readFileSync(path, "utf8")).model.merges;
  return merges.map((pair) => (Array.isArray(pair) ? pair.join(" ") : pair));
}

function report(name, wrong, total, what) {
  differences += wrong;
  console.log(`${name}: ${wrong} differences in ${total} ${what}`);
}

function compareMerges(name, trained) {
  trained.save(file("rust.json"));
  const [mine, theirs] = [mergesIn(file("ours.json")), mergesIn(file("rust.json"))];
  // Both vocabularies have the same size; the package's has no end-of-text and only the bytes that occur.
  const common = Math.min(mine.length, theirs.length);
  const wrong = mine.slice(0, common).filter((merge, i) => merge !== theirs[i]).length + (common === 0 ? 1 : 0);
  report(name, wrong, common, "merges");
}

async function compareIds(name, lines, tokenizer, path) {
  writeFileSync(file("lines.txt"), lines.map((line) => line + "\n").join(""));
  const mine = ours("encode", "--tokenizer", path, "--lines", file("lines.txt")).split("\n").slice(0, lines.length);
  const theirs = await tokenizer.encodeBatch(lines, {addSpecialTokens: false});
  const wrong = theirs.filter((encoding, i) => encoding.getIds().join(" ") !== idsOf(mine[i]).join(" ")).length;
  report(name, wrong, lines.length, "texts' ids");
}

async function compareWhole(name, text, tokenizer, path) {
  writeFileSync(file("whole.txt"), text);
  const mine = idsOf(ours("encode", "--tokenizer", path, file("whole.txt")));
  const theirs = (await tokenizer.encode(text, null, {addSpecialTokens: false})).getIds();
  const wrong = theirs.filter((id, i) => id !== mine[i]).length + Math.abs(theirs.length - mine.length);
  report(name, wrong, theirs.length, "ids of a text with its line ends");
}

// Characters of every kind that the pattern tells apart, and any code point at all. A fixed sequence (mulberry32).
function randomStrings(count, lineEnds) {
  let state = 1;
  const below = (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
  const parts = ["'s", "'ll", "'re", "'", " ", " ", "  ", "\t", "\u00a0", "\u0085", "\u3000", "\u2028", "\u180e",
    "\ufeff", "e\u0301", "\u200d", "👩‍👩‍👧", "🇩🇪", "👍🏽", "日本", "ال", "हिन्दी", "한국",
    "12", "½", "Ⅷ", "٣", "the", "Word", "naïve", "...", "!?", "\u0000"];
  if (lineEnds) parts.push("\n", "\n", "\r\n", " \n");
  const anything = () => {
    const codePoint = below(3) > 0 ? below(0x3000) : below(0x110000);
    const isLine = codePoint === 10 || codePoint === 13;
    return (codePoint >= 0xd800 && codePoint < 0xe000) || isLine ? "x" : String.fromCodePoint(codePoint);
  };
  return Array.from({length: count}, () =>
    Array.from({length: 1 + below(24)}, () => (below(2) > 0 ? parts[below(parts.length)] : anything())).join(""));
}

async function main() {
  console.log(`${availableParallelism()} CPUs, ${rounds} rounds; ours are whole commands, files read and written`);
  const random = randomStrings(strings, false);
  for (const path of texts) {
    const name = basename(path), text = trimLines(path);
    writeFileSync(file("text.txt"), text);
    const train = () => ours("train", file("text.txt"), "--vocab-size", `${VOCABULARY}`, "--min-frequency", "1",
      "--out", file("ours.json"));
    let trained;
    const times = {mine: [], theirs: [], mineEncode: [], theirsEncode: []};
    for (let round = 0; round < rounds; ++round) {
      times.mine.push(await seconds(train));
      times.theirs.push(await seconds(() => (trained = trainRust(file("text.txt")))));
    }
    compareMerges(name, trained);

    const tokenizer = rust.Tokenizer.fromFile(file("ours.json"));
    const lines = text.split("\n").filter((line) => line !== "");
    await compareIds(name, lines, tokenizer, file("ours.json"));
    await compareIds(`${name}, random strings`, random, tokenizer, file("ours.json"));
    await compareWhole(`${name}, whole`, readFileSync(path, "utf8"), tokenizer, file("ours.json"));
    await compareWhole(`${name}, random text`, randomStrings(20000, true).join(""), tokenizer, file("ours.json"));

    writeFileSync(file("lines.txt"), lines.join("\n") + "\n");
    for (let round = 0; round < rounds; ++round) {
      const encode = () => ours("encode", "--tokenizer", file("ours.json"), "--lines", file("lines.txt"));
      times.mineEncode.push(await seconds(encode));
      times.theirsEncode.push(await seconds(() => tokenizer.encodeBatch(lines, {addSpecialTokens: false})));
    }
    const rate = (values) => `${(Buffer.byteLength(text) / 1e6 / median(values)).toFixed(1)} MB/s`;
    const compare = (what, mine, theirs) => {
      const ratio = (median(theirs) / median(mine)).toFixed(2);
      console.log(`${name}: ${what} ${rate(mine)}, tokenizers ${rate(theirs)}, ratio ${ratio}`);
    };
    compare(`training to ${VOCABULARY}`, times.mine, times.theirs);
    compare("encoding", times.mineEncode, times.theirsEncode);
  }
  process.exitCode = differences === 0 ? 0 : 1;
}

await main();
