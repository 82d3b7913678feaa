// Whether IAM allows each request: simulations come as JSON on stdin, answers leave on stdout.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const { runSimulation } = createRequire(`${process.argv[2]}/`)("@cloud-copilot/iam-simulate");

async function main() {
  const answers = [];
  for (const simulation of JSON.parse(readFileSync(0, "utf8"))) {
    const said = await runSimulation(simulation, {});
    answers.push(said.errors ? `error: ${JSON.stringify(said.errors)}` : said.overallResult);
  }
  process.stdout.write(JSON.stringify(answers));
}

main();
