"""How official clients of the Ark family are pointed at a mount, as the index shows it."""

# Its own downloader refuses addresses of this machine and of private networks ("URL with IP address
# 127.0.0.1 is not allowed", `ai` 6), so on loopback it gets one that fetches.
AI_SDK = """\
generateVideo({{
  model: createByteDance({{ baseURL: "{base}BASE", apiKey: "{key}" }}).video("MODEL"),
  prompt: "A paper boat sails down a rainy street",
  download: async ({{ url }}) => ({{
    data: new Uint8Array(await (await fetch(url)).arrayBuffer()), mediaType: "video/mp4",
  }}),
}})"""


def ai_sdk(path: str, model: str) -> tuple[str, str]:
    """What configures `@ai-sdk/bytedance` for a base path below the dialect's mount."""
    return "@ai-sdk/bytedance, Node", AI_SDK.replace("BASE", path).replace("MODEL", model)


def ark_sdks(path: str) -> tuple[tuple[str, str], ...]:
    """What configures the vendor's own clients for a base path below the dialect's mount."""
    python = 'AsyncArk(base_url="{base}PATH", api_key="{key}").content_generation.tasks'
    go = 'arkruntime.NewClientWithApiKey("{key}", arkruntime.WithBaseUrl("{base}PATH"))'
    java = 'ArkService.builder().baseUrl("{base}PATH").apiKey("{key}").build()'
    lines = {
        "volcengine-ark-runtime, Python": python,
        "volcengine-go-sdk, Go": go,
        "volcengine-java-sdk-ark-runtime, Java": java,
    }
    return tuple((name, line.replace("PATH", path)) for name, line in lines.items())
