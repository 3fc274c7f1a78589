// Kiểm tra chữ ký của webhook · check the signature of a webhook (Standard Webhooks).
// WEBHOOK_SECRET=whsec_… java WebhookSignature.java WEBHOOK_ID WEBHOOK_TIMESTAMP WEBHOOK_SIGNATURE < body.json
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class WebhookSignature {
    /** Giây · seconds: một thông báo bị ghi lại không dùng lại được · a recorded notice is of no use. */
    static final long TOLERANCE = 300;

    /** {@code body}: đúng các byte đã nhận, chưa phân tích · exactly the bytes that came, before any parsing. */
    public static boolean isGenuine(String secret, String id, String timestamp, String signatures, byte[] body)
            throws GeneralSecurityException {
        if (!timestamp.matches("\\d{1,12}")) return false;
        if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > TOLERANCE) return false;
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.replaceFirst("^whsec_", "")), "HmacSHA256"));
        mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
        byte[] right = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(StandardCharsets.UTF_8);
        for (String signature : signatures.split(" "))
            if (MessageDigest.isEqual(right, signature.getBytes(StandardCharsets.UTF_8))) return true;
        return false;
    }

    public static void main(String[] args) throws Exception {
        String secret = System.getenv("WEBHOOK_SECRET");
        boolean genuine = isGenuine(secret, args[0], args[1], args[2], System.in.readAllBytes());
        System.out.println(genuine ? "thật · genuine" : "giả · forged");
        System.exit(genuine ? 0 : 1);
    }
}
