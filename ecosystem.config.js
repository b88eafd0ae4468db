// pm2 start ecosystem.config.js --only miner     (or validator)
// Settings come from .env; see example.env for all of them.
const neuron = (name) => ({
  name,
  script: `${name}/${name}.py`,
  cwd: __dirname,
  interpreter: process.env.CGP_PYTHON || `${__dirname}/.venv/bin/python`,
  autorestart: true,
  exp_backoff_restart_delay: 1000,
  kill_timeout: 30000, // a neuron finishes what it has in hand before it stops
  time: true,
});

module.exports = { apps: [neuron("miner"), neuron("validator")] };
