'use strict';

const fs = require('fs');
const path = require('path');

const BYTECODE = /\.pyc$/;

/** Installers' records: not needed to run, and different on every build. So is bytecode, unless it is asked for. */
const LEFT_OUT = [
  /\.dist-info\/(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json|uv_build\.json)$/,
  /^bin\//,
  /^\.lock$/,
  /^boto3\/examples\//,
];

/**
 * The files below a folder as sorted [archive name, path] pairs, names with `/` and below `prefix`, without those that
 * `skip(name)` or the list above leaves out, and without compiled ones unless `bytecode`.
 */
function filesBelow(folder, prefix = '', { skip = () => false, bytecode = false } = {}) {
  const found = [];
  const walk = (relative) => {
    for (const item of fs.readdirSync(path.join(folder, relative), { withFileTypes: true })) {
      const inner = relative ? `${relative}/${item.name}` : item.name;
      const name = prefix + inner;
      if (item.isDirectory()) {
        if (bytecode || item.name !== '__pycache__') walk(inner);
      } else if (!bytecode && BYTECODE.test(name)) {
        continue;
      } else if (!LEFT_OUT.some((pattern) => pattern.test(name)) && !skip(name)) {
        found.push([name, path.join(folder, inner)]);
      }
    }
  };
  walk('');
  return found.sort(([left], [right]) => (left < right ? -1 : 1));
}

module.exports = { filesBelow };
