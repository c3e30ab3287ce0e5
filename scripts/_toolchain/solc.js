#!/usr/bin/env node
// The npm compiler behind the face of a native `solc`: --version and --standard-json, as py-solc-x and slither call it.
// --serve compiles one input a line until there is none: from the second on it takes two thirds of the time.
const fs = require('fs');
const path = require('path');
const readline = require('readline');
const solc = require('solc');

function parse(args) {
  const options = {};
  while (args.length > 0) {
    const flag = args.shift();
    if (['--version', '--standard-json', '--serve'].includes(flag)) options[flag] = true;
    else if (flag === '--base-path' || flag === '--allow-paths') options[flag] = args.shift();
    else throw new Error(`unrecognised option '${flag}'`);
  }
  return options;
}

// Sources reach the compiler through its import callback: passed inline, an input over 4 MB ends in
// "memory access out of bounds".
function importer(sources, basePath) {
  const inline = new Map();
  for (const [name, source] of Object.entries(sources)) {
    if (source.content === undefined) continue;
    inline.set(name, source.content);
    sources[name] = { urls: [name] };
  }
  return (name) => {
    if (inline.has(name)) return { contents: inline.get(name) };
    try {
      return { contents: fs.readFileSync(path.resolve(basePath, name), 'utf8') };
    } catch (error) {
      return { error: `not found: ${name}` };
    }
  };
}

function compile(text, basePath) {
  const input = JSON.parse(text);
  const callbacks = { import: importer(input.sources, basePath) };
  return solc.compile(JSON.stringify(input), callbacks);
}

function main(args) {
  const options = parse(args);
  const basePath = options['--base-path'] ?? process.cwd();
  if (options['--version']) {
    console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
  } else if (options['--standard-json']) {
    process.stdout.write(compile(fs.readFileSync(0, 'utf8'), basePath));
  } else if (options['--serve']) {
    readline.createInterface({ input: process.stdin }).on('line', (line) => console.log(compile(line, basePath)));
  } else {
    throw new Error('nothing to do: give --version, --standard-json or --serve');
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
