// /v1 bằng Java 11 trở lên, không cần thư viện nào · /v1 with Java 11 or later, without any library.
// . ./demo.env && java docs/examples/java/TrucExample.java letter.edxml
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class TrucExample {
    static final HttpClient HTTP = HttpClient.newHttpClient();

    public static void main(String[] args) throws Exception {
        Path letter = Path.of(args[0]);
        // gửi lại thì dùng lại đúng Idempotency-Key này · a repeat bears the same Idempotency-Key
        String answer = text(call("SENDER", "/v1/letters")
                .header("Content-Type", "application/xml")
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .POST(BodyPublishers.ofFile(letter)));
        String id = field(answer, "letter_id");
        System.out.println("đã gửi · sent " + id);

        await("RECEIVER", "document", "letter_id", id);
        byte[] received = ask(call("RECEIVER", "/v1/mailbox/" + id)).body();
        // lưu chắc chắn rồi mới xác nhận · stored before it is acknowledged
        Files.write(Path.of("received.edxml"), received);
        text(call("RECEIVER", "/v1/mailbox/" + id + "/ack").POST(BodyPublishers.noBody()));
        System.out.println("đã nhận · received " + received.length + " byte");

        String status = "{\"code\": \"03\", \"description\": \"Đã vào sổ\", \"staff\": \"Nguyễn Thị Hoa\"}";
        text(call("RECEIVER", "/v1/letters/" + id + "/statuses")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(status)));
        String told = await("SENDER", "status", "status_code", "03");
        ask(call("SENDER", "/v1/mailbox/" + told));
        text(call("SENDER", "/v1/mailbox/" + told + "/ack").POST(BodyPublishers.noBody()));
        System.out.println(text(call("SENDER", "/v1/letters/" + id)));
    }

    /** Chờ một mục trong hộp nhận; trả về letter_id · wait for an item of the mailbox; its letter_id. */
    static String await(String who, String kind, String name, String value) throws Exception {
        String after = "0";
        for (int looks = 0; looks < 10; looks++) {
            String page = text(call(who, "/v1/mailbox?kind=" + kind + "&after=" + after + "&wait=30"));
            for (String item : page.split("(?=\\{\"number\":)")) {
                if (item.startsWith("{\"number\":")) {
                    after = item.replaceAll("(?s)^\\{\"number\":(\\d+).*", "$1");
                    if (field(item, name).equals(value)) return field(item, "letter_id");
                }
            }
        }
        throw new IllegalStateException("chưa đến · it has not come");
    }

    static HttpRequest.Builder call(String who, String path) {
        return HttpRequest.newBuilder(URI.create(System.getenv(who + "_URL") + path))
                .header("Authorization", "Bearer " + System.getenv(who + "_KEY"))
                .timeout(Duration.ofSeconds(70));
    }

    static HttpResponse<byte[]> ask(HttpRequest.Builder call) throws Exception {
        HttpResponse<byte[]> answer = HTTP.send(call.build(), BodyHandlers.ofByteArray());
        // lỗi là application/problem+json: mã, lý do, việc cần làm · an error tells code, reason and what to do
        if (answer.statusCode() >= 400)
            throw new IllegalStateException(new String(answer.body(), StandardCharsets.UTF_8));
        return answer;
    }

    static String text(HttpRequest.Builder call) throws Exception {
        return new String(ask(call).body(), StandardCharsets.UTF_8);
    }

    /** Trường văn bản đầu tiên có tên này; phần mềm thật dùng thư viện JSON · real programs use a JSON library. */
    static String field(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : "";
    }
}
