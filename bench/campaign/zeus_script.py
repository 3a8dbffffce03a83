"""A model measured as Zeus's documentation shows it: ZeusMonitor around a loop. Prints a line of JSON for each window.

    python3 zeus_script.py MODEL.pt --batch N --size S [--precision fp16] [--device cuda:0] [--steps 100] [--windows 1]

PyTorch's fuser is off, as it is in Joulemark's worker: with it, kernels are others, and so is their energy.
With --seconds, a window has as many steps as take so long at the pace of the warm-up.
"""

import argparse
import json
import time

import torch
from zeus.monitor import ZeusMonitor

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--precision", choices=DTYPES, default="fp16")
    parser.add_argument("--layout", choices=("contiguous", "channels_last"), default="channels_last")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--warm-up", type=int, default=10, help="steps [10]")
    parser.add_argument("--steps", type=int, default=100, help="of a window [100]")
    parser.add_argument("--seconds", type=float, help="length of a window, instead of --steps")
    args = parser.parse_args()

    torch._C._jit_set_texpr_fuser_enabled(False)
    on_gpu = args.device.startswith("cuda")
    model = torch.jit.load(args.model, map_location=args.device).eval()
    images = torch.randn(args.batch, 3, args.size, args.size, device=args.device, dtype=DTYPES[args.precision])
    if args.layout == "channels_last":
        images = images.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        for _ in range(args.warm_up):
            model(images)
        began = time.perf_counter()
        for _ in range(args.warm_up):
            model(images)
        if on_gpu:
            torch.cuda.synchronize()
        step = (time.perf_counter() - began) / args.warm_up
        steps = max(1, round(args.seconds / step)) if args.seconds else args.steps

        monitor = ZeusMonitor(gpu_indices=[torch.device(args.device).index or 0])
        # Waits for the GPU by itself at both ends, where there is one.
        monitor.begin_window("inference", sync_execution=on_gpu)
        for _ in range(steps):
            model(images)
        result = monitor.end_window("inference", sync_execution=on_gpu)
    print(json.dumps({
        "joules_per_image": result.total_energy / (steps * args.batch), "seconds": result.time, "steps": steps,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
