# Replaces the collections of SET's database by those of the dump BACKUP, or of the latest one. Stop the service first.
set -euo pipefail
folder=/backups/$SET
if [ "$BACKUP" = latest ]; then
    file=$(find "$folder" -name '*.archive.gz' | sort | tail -n 1)
else
    file=$folder/$BACKUP
fi
[ -s "$file" ] || { echo "There is no dump ${file:-in $folder}." >&2; exit 1; }
umask 077
printf 'uri: "%s"\n' "$(cat /etc/mongodb/secrets/backup-uri)" >/tmp/mongorestore.yaml
echo "Restoring $file."
mongorestore --config=/tmp/mongorestore.yaml --nsInclude="$SET.*" --drop --gzip --archive="$file"
