// Ark's own client for Java: order, poll, fetch, list, delete, and what it is refused.
import com.volcengine.ark.runtime.exception.ArkHttpException;
import com.volcengine.ark.runtime.model.content.generation.CreateContentGenerationTaskRequest;
import com.volcengine.ark.runtime.model.content.generation.CreateContentGenerationTaskRequest.Content;
import com.volcengine.ark.runtime.model.content.generation.CreateContentGenerationTaskRequest.ImageUrl;
import com.volcengine.ark.runtime.model.content.generation.DeleteContentGenerationTaskRequest;
import com.volcengine.ark.runtime.model.content.generation.GetContentGenerationTaskRequest;
import com.volcengine.ark.runtime.model.content.generation.GetContentGenerationTaskResponse;
import com.volcengine.ark.runtime.model.content.generation.ListContentGenerationTasksRequest;
import com.volcengine.ark.runtime.service.ArkService;
import java.io.InputStream;
import java.net.URL;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

public class ArkJava {
    static final String MODEL = "doubao-seedance-2-0-260128";
    static ArkService client;

    public static void main(String[] given) throws Exception {
        client = ArkService.builder().baseUrl(given[0] + "/ark/api/v3").apiKey(given[1]).retryTimes(0).build();
        Content text = Content.builder().type("text").text("A lantern sways in the wind").build();
        String made = order(order(text).resolution("480p").ratio("1:1").duration(4L).seed(7L)
                .generateAudio(false).watermark(true).returnLastFrame(true).priority(3));
        GetContentGenerationTaskResponse task = ended(made);
        expect(task.getStatus(), "succeeded");
        expect(List.of(task.getModel(), task.getResolution(), task.getRatio()), List.of(MODEL, "480p", "1:1"));
        expect(List.of(task.getDuration(), task.getFramesPerSecond(), task.getSeed()), List.of(4L, 24L, 7L));
        expect(List.of(task.getGenerateAudio(), task.getPriority()), List.of(false, 3));
        expect(task.getUsage().getCompletionTokens() > 0, true);
        expect(new String(fetched(task.getContent().getVideoUrl()), 4, 4), "ftyp");
        expect(new String(fetched(task.getContent().getLastFrameUrl()), 1, 3), "PNG");

        Content frame = Content.builder().type("image_url").role("first_frame")
                .imageUrl(ImageUrl.builder().url("https://example.com/a.png").build()).build();
        String framed = order(order(text, frame).duration(4L));
        expect(ended(framed).getStatus(), "succeeded");
        Content failing = Content.builder().type("text").text("A lantern [[sim: fail]]").build();
        String broken = order(order(failing));
        expect(ended(broken).getStatus(), "failed");
        expect(ended(broken).getError().getCode().isEmpty(), false);

        var listed = client.listContentGenerationTasks(ListContentGenerationTasksRequest.builder()
                .pageNum(1).pageSize(1).status("succeeded").taskIds(Arrays.asList(made, framed, broken)).build());
        expect(List.of(listed.getTotal(), listed.getItems().get(0).getId()), List.of(2, framed));

        client.deleteContentGenerationTask(DeleteContentGenerationTaskRequest.builder().taskId(made).build());
        refused(404, "ResourceNotFound", () -> ended(made));
        refused(400, "InvalidParameter", () -> order(order(text).duration(31L)));
        refused(400, "InvalidParameter", () -> order(order(text).resolution("8k")));
        refused(400, "InvalidParameter", () -> order(order()));
        refused(404, "InvalidEndpointOrModel.NotFound", () -> order(order(text).model("doubao-seedance-9")));
        client.shutdownExecutor();
    }

    static CreateContentGenerationTaskRequest.Builder order(Content... content) {
        return CreateContentGenerationTaskRequest.builder().model(MODEL).content(Arrays.asList(content));
    }

    static String order(CreateContentGenerationTaskRequest.Builder order) {
        return client.createContentGenerationTask(order.build()).getId();
    }

    static GetContentGenerationTaskResponse ended(String id) {
        while (true) {
            var task = client.getContentGenerationTask(GetContentGenerationTaskRequest.builder().taskId(id).build());
            if (!List.of("queued", "running").contains(task.getStatus())) {
                return task;
            }
            try {
                Thread.sleep(200);
            } catch (InterruptedException stopped) {
                throw new IllegalStateException(stopped);
            }
        }
    }

    static byte[] fetched(String url) throws Exception {
        try (InputStream stream = new URL(url).openStream()) {
            return stream.readAllBytes();
        }
    }

    static void refused(int status, String code, Runnable doing) {
        try {
            doing.run();
        } catch (ArkHttpException told) {
            expect(List.of(told.statusCode, told.code), List.of(status, code));
            expect(told.requestId.isEmpty() || told.getMessage().isEmpty(), false);
            return;
        }
        throw new AssertionError("it was taken");
    }

    static void expect(Object found, Object wanted) {
        if (!Objects.equals(found, wanted)) {
            throw new AssertionError("found " + found + ", wanted " + wanted);
        }
    }
}
