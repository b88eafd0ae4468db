// pm2 start ecosystem.config.js --only miner     (or validator), after ./setup.sh
// Settings come from .env; see example.env for all of them.
const neuron = (name) => ({
  name,
  script: `${name}/${name}.py`,
  cwd: __dirname,
  interpreter: process.env.CGP_PYTHON || "python3", // the script goes on in .venv by itself
  autorestart: true,
  exp_backoff_restart_delay: 1000,
  max_restarts: 1000000, // a neuron is never given up: the pause between restarts grows instead
  kill_timeout: 30000, // a neuron finishes what it has in hand before it stops
  // No `time: true`: the lines are JSON and have their own time; pm2's would break them.
});

module.exports = { apps: [neuron("miner"), neuron("validator")] };
