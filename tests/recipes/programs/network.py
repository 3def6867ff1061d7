"""A small network in PyTorch, fed in shuffled batches, its state saved; then loaded again and scored."""

from pathlib import Path

import pandas as pd
import torch
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)
flights = pd.read_csv("flights.csv")
inputs = torch.tensor(flights[["distance", "hour", "dep_delay"]].to_numpy("float32") / 100)
target = torch.tensor(flights["arr_delay"].to_numpy("float32")[:, None] / 100)
network = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Dropout(0.1), torch.nn.Linear(8, 1))
optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
for _ in range(3):
    for rows, wanted in DataLoader(TensorDataset(inputs, target), batch_size=32, shuffle=True):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(network(rows), wanted).backward()
        optimizer.step()
torch.save(network.state_dict(), "network.pt")

network.load_state_dict(torch.load("network.pt", weights_only=True))
with torch.no_grad():
    loss = torch.nn.functional.mse_loss(network.eval()(inputs), target)
Path("loss.txt").write_text(f"{loss.item()!r}\n")
