. ./demo.env
.venv/bin/truc letter --from "$SENDER_CODE" --to "$RECEIVER_CODE" --size 2000000 -o large.edxml
SIZE=$(($(wc -c < large.edxml)))
# bắt đầu · begin
UPLOAD=$(curl -sS --fail-with-body -X POST -H "Authorization: Bearer $SENDER_KEY" -H 'Tus-Resumable: 1.0.0' -H "Upload-Length: $SIZE" "$SENDER_URL/v1/uploads" | sed 's/.*"id":"\([^"]*\)".*/\1/')
# hỏi nút đã có bao nhiêu, gửi tiếp từ đó; sau khi đứt cũng làm như vậy · ask how much is there and go on from it, also after a cut
until OFFSET=$(curl -sS --fail-with-body -H "Authorization: Bearer $SENDER_KEY" "$SENDER_URL/v1/uploads/$UPLOAD" | sed 's/.*"offset":\([0-9]*\).*/\1/') && [ "$OFFSET" = "$SIZE" ]; do head -c $((OFFSET + 1000000)) large.edxml | tail -c +$((OFFSET + 1)) > piece.bin; curl -sS --fail-with-body -X PATCH -H "Authorization: Bearer $SENDER_KEY" -H 'Tus-Resumable: 1.0.0' -H "Upload-Offset: $OFFSET" -H 'Content-Type: application/offset+octet-stream' --data-binary @piece.bin "$SENDER_URL/v1/uploads/$UPLOAD" || break; done
# gửi thứ đã tải lên · send what was uploaded
curl -sS --fail-with-body -H "Authorization: Bearer $SENDER_KEY" -H 'Content-Type: application/json' -d "{\"upload\": \"$UPLOAD\"}" "$SENDER_URL/v1/letters"; echo
