// VXP không cần SDK, bằng Java 11 trở lên · VXP without the SDK, with Java 11 or later.
// . ./demo.env && java docs/examples/java/VxpExample.java letter.edxml
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class VxpExample {
    static final HttpClient HTTP = HttpClient.newHttpClient();
    static final String JSON = "application/json", FILE = "application/octet-stream";

    public static void main(String[] args) throws Exception {
        byte[] letter = Files.readAllBytes(Path.of(args[0]));
        String hash = hex(MessageDigest.getInstance("SHA-256").digest(letter));
        String sent = call("SENDER", "sendEdoc", FILE, letter, Map.of(
                "from", System.getenv("SENDER_CODE"),
                "servicetype", "eDoc", "messagetype", "edoc", "hash-file", hash));
        String docId = value(sent, "DocId");
        System.out.println("đã gửi · sent " + docId);

        Map<String, String> kind = Map.of("servicetype", "eDoc", "messagetype", "edoc");
        for (int looks = 0; !call("RECEIVER", "getReceivedEdocList", kind).contains(docId); looks++) {
            if (looks == 30) throw new IllegalStateException("chưa đến · it has not come");
            Thread.sleep(1000);
        }
        String got = call("RECEIVER", "getEdoc", Map.of("docId", docId));
        Files.write(Path.of("received.edxml"), Base64.getDecoder().decode(value(got, "data")));
        call("RECEIVER", "updateStatus", Map.of("docId", docId, "status", "done"));
        System.out.println("đã nhận · received");
    }

    static String call(String who, String function, Map<String, String> parameters) throws Exception {
        return call(who, function, JSON, "{}".getBytes(StandardCharsets.UTF_8), parameters);
    }

    /** Một lần gọi, đã ký · one call, signed. */
    static String call(String who, String function, String type, byte[] body, Map<String, String> parameters)
            throws Exception {
        Map<String, String> said = new LinkedHashMap<>(parameters);
        said.put("systemid", System.getenv(who + "_SYSTEM_ID"));
        said.put("timestamp", ZonedDateTime.now(ZoneId.of("Asia/Ho_Chi_Minh"))
                .format(DateTimeFormatter.ofPattern("ddMMyyyy'T'HHmmss+'0'SSS"))); // SSS: mili giây · milliseconds
        said.put("Content-Type", type);
        String text = said.entrySet().stream()
                .map(e -> quoted("XroadVnpt-" + e.getKey()) + ":" + quoted(e.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(
                System.getenv(who + "_SECRET").getBytes(StandardCharsets.UTF_8), "HmacSHA256"));

        URI address = URI.create(System.getenv(who + "_VXP_URL") + "/" + function);
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .POST(BodyPublishers.ofByteArray(body))
                .header("Content-Type", type)
                .header("XroadVnpt-sign-header-key", String.join(";", said.keySet()))
                .header("XroadVnpt-sign-header", text)
                .header("XroadVnpt-hash-header", hex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8))))
                .header("XroadVnpt-version", "3.0.201608");
        said.forEach((name, value) -> request.header("XroadVnpt-" + name, value));
        String answer = HTTP.send(request.build(), BodyHandlers.ofString()).body();
        if (!value(answer, "status").equals("OK")) throw new IllegalStateException(function + ": " + answer);
        return answer;
    }

    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** Giá trị văn bản đầu tiên có tên này; phần mềm thật dùng thư viện JSON · real programs use a JSON library. */
    static String value(String json, String name) {
        int at = json.indexOf("\"" + name + "\":\"");
        if (at < 0) return "";
        int start = at + name.length() + 4;
        return json.substring(start, json.indexOf('"', start));
    }

    static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) text.append(String.format("%02x", b));
        return text.toString();
    }
}
