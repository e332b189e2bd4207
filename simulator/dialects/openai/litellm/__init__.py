"""LiteLLM's proxy in front of Ark: what it takes, gives to Ark, shows and says.

Wire facts: live captures and the source of LiteLLM 1.110.2 (proxy/video_endpoints,
llms/volcengine/videos/transformation.py, types/videos/utils.py), with one deployment a model, no
database and ``num_retries: 0``.
"""
