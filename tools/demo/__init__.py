"""The demo: the main job on real windows, told step by step."""
