// Runs prepare.py with the Python that the browser will run: node prepare.mjs STAGE [SHEET]
import {readFileSync} from "node:fs";
import {basename, dirname, resolve} from "node:path";
import {loadPyodide} from "pyodide";

const [stage, sheet] = process.argv.slice(2);
const python = await loadPyodide();
const mount = (inside, outside) => {
  python.FS.mkdirTree(inside);
  python.mountNodeFS(inside, resolve(outside));
};
mount("/stage", stage);
// With what lies beside it: a logo, a sheet that it stands on.
if (sheet) mount("/clinic", dirname(resolve(sheet)));
python.runPython(readFileSync(new URL("prepare.py", import.meta.url), "utf-8"));
const wrong = python.globals.get("prepare")(sheet ? `/clinic/${basename(sheet)}` : "");
if (wrong) console.error(wrong.replaceAll("/clinic/", ""));
process.exit(wrong ? 3 : 0);
