. ./demo.env
# một văn bản mẫu · a sample letter
.venv/bin/truc letter --from "$SENDER_CODE" --to "$RECEIVER_CODE" -o letter.edxml
# gửi; mất kết nối thì gửi lại với cùng Idempotency-Key · send; after a broken line repeat it with the same Idempotency-Key
curl -sS --fail-with-body -H "Authorization: Bearer $SENDER_KEY" -H 'Content-Type: application/xml' -H "Idempotency-Key: vb-$$-$(date +%s)" --data-binary @letter.edxml -o answer.json "$SENDER_URL/v1/letters"
cat answer.json; echo
LETTER=$(sed 's/.*"letter_id":"\([^"]*\)".*/\1/' answer.json)
# bên nhận đợi văn bản đến; wait: nút giữ câu hỏi tối đa 30 giây · the receiver waits for it; the node holds the question for 30 s at most
until curl -sS --fail-with-body -H "Authorization: Bearer $RECEIVER_KEY" -o inbox.json "$RECEIVER_URL/v1/mailbox?kind=document&wait=30" && grep -q "$LETTER" inbox.json; do sleep 1; done
cat inbox.json; echo
# lấy về và so từng byte · fetch it, and compare byte for byte
curl -sS --fail-with-body -H "Authorization: Bearer $RECEIVER_KEY" -o received.edxml "$RECEIVER_URL/v1/mailbox/$LETTER"
cmp letter.edxml received.edxml && echo "đúng từng byte · byte for byte"
# đã lưu xong thì xác nhận: văn bản rời hộp nhận · stored, so acknowledge it: it leaves the mailbox
curl -sS --fail-with-body -X POST -H "Authorization: Bearer $RECEIVER_KEY" "$RECEIVER_URL/v1/mailbox/$LETTER/ack"
# báo trạng thái 03, đã tiếp nhận · report the status 03, registered
curl -sS --fail-with-body -H "Authorization: Bearer $RECEIVER_KEY" -H 'Content-Type: application/json' -d '{"code": "03", "staff": "Nguyễn Thị Hoa"}' "$RECEIVER_URL/v1/letters/$LETTER/statuses"; echo
# bên gửi: trạng thái về hộp nhận; theo dõi văn bản · the sender: statuses come to its mailbox; and where the letter is
curl -sS --fail-with-body -H "Authorization: Bearer $SENDER_KEY" "$SENDER_URL/v1/mailbox?kind=status&wait=30"; echo
curl -sS --fail-with-body -H "Authorization: Bearer $SENDER_KEY" "$SENDER_URL/v1/letters/$LETTER"; echo
