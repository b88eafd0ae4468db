"""The validator: asks miners about conversations, scores their answers, sets weights."""
