"""The worker: ticks that each claim due rows and call one service function. Any number of workers is safe."""
