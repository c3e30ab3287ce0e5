#!/usr/bin/env node
// The npm compiler behind the face of a native `solc`: --version and --standard-json, as py-solc-x and slither call it.
const fs = require('fs');
const path = require('path');
const solc = require('solc');

function parse(args) {
  const options = {};
  while (args.length > 0) {
    const flag = args.shift();
    if (flag === '--version' || flag === '--standard-json') options[flag] = true;
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

function main(args) {
  const options = parse(args);
  if (options['--version']) {
    console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
  } else if (options['--standard-json']) {
    const input = JSON.parse(fs.readFileSync(0, 'utf8'));
    const callbacks = { import: importer(input.sources, options['--base-path'] ?? process.cwd()) };
    process.stdout.write(solc.compile(JSON.stringify(input), callbacks));
  } else {
    throw new Error('nothing to do: give --version or --standard-json');
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
