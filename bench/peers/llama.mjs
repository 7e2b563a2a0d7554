// llama.cpp's time for a prompt and for tokens after it: node llama.mjs FILE.gguf ROWS TOKENS [RUNS]
import { getLlama } from "node-llama-cpp";

const [file, rows, tokens, runs] = [process.argv[2], +process.argv[3], +process.argv[4], +(process.argv[5] ?? 3)];
const llama = await getLlama({ build: "never", gpu: false, maxThreads: 2, logLevel: "error" });
const model = await llama.loadModel({ modelPath: file });
const context = await model.createContext({ contextSize: rows + tokens + 64, batchSize: 512, threads: 2, sequences: 1 });
const sequence = context.getSequence();
const prompt = Array.from({ length: rows }, (_, i) => 300 + ((i * 7919) % 30000));
for (let run = 0; run <= runs; run++) {
  await sequence.clearHistory();
  const begin = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(prompt);
  const middle = performance.now();
  for (let i = 0; i < tokens; i++) {
    await sequence.evaluateWithoutGeneratingNewTokens([300 + i]);
  }
  const end = performance.now();
  const prefill = (middle - begin) / 1000, decode = (end - middle) / 1000;
  console.log(`${run === 0 ? "warm-up" : "run " + run}: prompt of ${rows} in ${prefill.toFixed(2)} s, `
    + `${(rows / prefill).toFixed(1)} tokens/s; decoding ${(tokens / decode).toFixed(2)} tokens/s`);
}
process.exit(0);
