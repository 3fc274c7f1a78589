// Phần mềm dùng Java SDK 2.0.1 trỏ vào Trục: chỉ ba giá trị đổi · a program on Java SDK 2.0.1 pointed at Trục.
// SDKVXP-2.0.1.jar là của trục quốc gia, không đi kèm đây · the jar belongs to the national axis and is not part of this.
// javac -cp SDKVXP-2.0.1.jar SdkExample.java && java -cp SDKVXP-2.0.1.jar:. SdkExample letter.edxml
import com.vpcp.services.KnobstickServiceImp;
import com.vpcp.services.VnptProperties;
import com.vpcp.services.model.GetEdocResult;
import com.vpcp.services.model.GetReceivedEdocResult;
import com.vpcp.services.model.Knobstick;
import com.vpcp.services.model.SendEdocResult;

public class SdkExample {
    public static void main(String[] args) {
        KnobstickServiceImp sender = service("SENDER");
        String header = "{\"from\":\"" + System.getenv("SENDER_CODE")
                + "\",\"servicetype\":\"eDoc\",\"messagetype\":\"edoc\"}";
        SendEdocResult sent = sender.sendEdoc(header, args[0]);
        System.out.println(sent.getStatus() + " " + sent.getErrorDesc() + " " + sent.getDocID());

        // đối tượng riêng cho việc nhận: đối tượng đã gửi giữ lại header cũ
        // an object of its own for receiving: one that has sent keeps its former headers
        KnobstickServiceImp receiver = service("RECEIVER");
        GetReceivedEdocResult list =
                receiver.getReceivedEdocList("{\"servicetype\":\"eDoc\",\"messagetype\":\"edoc\"}");
        for (Knobstick item : list.getKnobsticks()) {
            GetEdocResult got = receiver.getEdoc("{\"filePath\":\"in\",\"docId\":\"" + item.getId() + "\"}");
            String word = "OK".equals(got.getStatus()) ? "done" : "fail";
            receiver.updateStatus("{\"status\":\"" + word + "\",\"docId\":\"" + item.getId() + "\"}");
            System.out.println(item.getId() + " " + got.getFilePath());
        }
    }

    static KnobstickServiceImp service(String who) {
        return new KnobstickServiceImp(new VnptProperties(
                System.getenv(who + "_VXP_URL"), // endpoint
                System.getenv(who + "_SYSTEM_ID"), // systemid
                System.getenv(who + "_SECRET"), // secret
                "store", 10, 3, "log", 1)); // như trước · as before: store path, connections, retries, log folder, isLog
    }
}
