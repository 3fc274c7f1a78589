. ./demo.env
SINCE=$(date -u -d '1 hour ago' +%Y-%m-%dT%H:%M:%SZ)
# mọi văn bản từng đến từ lúc đó, đã xác nhận hay chưa · everything that came since then, acknowledged or not
curl -sS --fail-with-body -H "Authorization: Bearer $RECEIVER_KEY" "$RECEIVER_URL/v1/mailbox/history?since=$SINCE&limit=100"; echo
# đưa chúng vào hộp nhận lần nữa · put them into the mailbox once more
curl -sS --fail-with-body -H "Authorization: Bearer $RECEIVER_KEY" -H 'Content-Type: application/json' -d "{\"since\": \"$SINCE\"}" "$RECEIVER_URL/v1/mailbox/replay"; echo
